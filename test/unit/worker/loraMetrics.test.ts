import { strict as assert } from 'node:assert';
import { bitsOf } from '../../../src/checkpoint/dtypes';
import type { Dtype } from '../../../src/checkpoint/dtypes';
import { CheckpointError } from '../../../src/checkpoint/errors';
import type { MeasuredModule, ModuleMetric, ModuleMetrics } from '../../../src/protocol/matrix';
import { CancelledError, DisconnectedError } from '../../../src/protocol/rpc';
import type { Progress } from '../../../src/protocol/rpc';
import type { LoraModuleInfo, SourceDescription } from '../../../src/protocol/source';
import { currentEngine, useEngine } from '../../../src/tensor/engine/current';
import { seededRandom } from '../../../src/tensor/random';
import { DeltaMatrix } from '../../../src/matrices/deltaMatrix';
import type { Factors } from '../../../src/matrices/factors';
import type { MatrixSource, StoredRun } from '../../../src/matrices/matrixSource';
import { moduleMetrics } from '../../../src/worker/loraMetrics';
import type { Measurer } from '../../../src/worker/measurer';
import { measureBytes } from '../../../src/matrices/moduleMeasures';
import { GatheredMetrics } from '../../../webview-ui/inspector/data/metrics';

const RANK = 160;
const SIZES = { rank: RANK, inFeatures: 820, outFeatures: 790 };
const MODULES = 16;
const BROKEN = 5;
const FAULTY = 9;

/**
 * Random factors. Their rank gives enough work for other threads, although they are small. The directions span eight
 * decades.
 */
function factorsOf(module: number): { a: Float32Array; b: Float32Array } {
  const random = seededRandom(module + 1);
  const a = Float32Array.from({ length: RANK * SIZES.inFeatures }, () => random() - 0.5);
  const b = Float32Array.from(
    { length: SIZES.outFeatures * RANK },
    (_, i) => (random() - 0.5) * 10 ** (-(i % RANK) / 20),
  );
  if (module === FAULTY) b[17] = NaN;
  return { a, b };
}

function run(values: Float32Array, dtype: Dtype = 'F32'): StoredRun {
  const bytes = new Uint8Array(values.buffer);
  const readInto = async (target: Uint8Array): Promise<void> => target.set(bytes);
  return { dtype, byteLength: (values.length * bitsOf(dtype)) / 8, readInto };
}

function floatFactors(name: string): Factors {
  if (name === `m${BROKEN}`) throw new CheckpointError('ShortRead', 'the file ended');
  const { a, b } = factorsOf(Number(name.slice(1)));
  return { ...SIZES, scaling: 2, a: Float64Array.from(a), b: Float64Array.from(b) };
}

/** Makes factors on each request, so that memory does not hold all of them. */
const source = {
  description: {
    lora: Array.from({ length: MODULES }, (_, i) => ({ module: `m${i}`, ...SIZES, scaling: 2 }) as LoraModuleInfo),
  } as unknown as SourceDescription,
  storedFactors: (name) => {
    const { a, b } = factorsOf(Number(name.slice(1)));
    const bRun = run(b);
    const gone = (): Promise<never> => Promise.reject(new CheckpointError('ShortRead', 'the file ended'));
    return { ...SIZES, scaling: 2, a: run(a), b: name === `m${BROKEN}` ? { ...bRun, readInto: gone } : bRun };
  },
  factors: async (name) => floatFactors(name),
  matrix: async (ref) => new DeltaMatrix(floatFactors((ref as { module: string }).module)),
} as Partial<MatrixSource> as MatrixSource;

/** A measurer without a thread. It takes `ms` for each module and fails after `dies` modules. */
function measurer(dies = Infinity, ms = 0): Measurer & { measured: number; stopped: boolean } {
  const made = {
    measured: 0,
    stopped: false,
    measure: async (factors: Parameters<Measurer['measure']>[0]) => {
      await new Promise((resume) => setTimeout(resume, ms));
      if (made.stopped || made.measured >= dies) throw new DisconnectedError('the thread died');
      made.measured++;
      return measureBytes(factors);
    },
    stop: () => void (made.stopped = true),
  };
  return made;
}

const NAMES: readonly ModuleMetric[] = ['deltaNorm', 'aNorm', 'bNorm', 'spectralNorm', 'effectiveRank', 'stableRank'];

function assertSame(actual: ModuleMetrics, expected: ModuleMetrics): void {
  assert.deepEqual(actual.failures, expected.failures);
  for (const name of NAMES) {
    actual[name].forEach((value, i) => {
      const other = expected[name][i]!;
      assert.ok(
        Object.is(value, other) || Math.abs(value - other) <= 1e-7 * other,
        `${name} of ${i}: ${value}, ${other}`,
      );
    });
  }
}

describe('metrics of a large adapter', () => {
  let alone: ModuleMetrics;
  before(async () => {
    assert.ok(currentEngine(), 'this platform runs no engine');
    alone = await moduleMetrics(source, () => undefined);
  });

  it('name the modules that cannot be read and those that contain NaN', () => {
    assert.deepEqual(
      alone.failures.map(({ module }) => module),
      [BROKEN, FAULTY],
    );
    assert.match(alone.failures[0]!.message, /file ended/);
    assert.ok(alone.maxAbs.every(Number.isNaN), 'the largest entries are omitted for all modules');
  });

  it('are the same from other measurers, which are stopped at the end', async () => {
    const measurers = [measurer(), measurer()];
    assertSame(
      await moduleMetrics(
        source,
        () => undefined,
        undefined,
        () => measurers,
      ),
      alone,
    );
    assert.equal(measurers[0]!.measured + measurers[1]!.measured, MODULES - 1);
    assert.deepEqual(
      measurers.map(({ stopped }) => stopped),
      [true, true],
    );
  });

  it('are the same if measurers die before the end', async () => {
    const measurers = [measurer(3), measurer(0)];
    assertSame(
      await moduleMetrics(
        source,
        () => undefined,
        undefined,
        () => measurers,
      ),
      alone,
    );
    assert.deepEqual(
      measurers.map(({ measured }) => measured),
      [3, 0],
    );
  });

  it('arrive in parts that add up to the whole', async () => {
    const reports: Progress[] = [];
    const gathered = new GatheredMetrics(MODULES);
    const whole = await moduleMetrics(
      source,
      (report) => reports.push(report),
      undefined,
      () => [measurer(Infinity, 50)],
    );
    // Sixteen modules, two at a time, take longer than several intervals between reports.
    assert.ok(reports.length > 2);
    let soFar = 0;
    let table: ModuleMetrics | null = null;
    for (const { done, partial } of reports) {
      const part = (partial ?? []) as readonly MeasuredModule[];
      soFar += part.length;
      assert.equal(soFar, done);
      table = gathered.add(part);
      assert.ok(part.every(({ module }) => gathered.has(module)));
      if (done < MODULES) assert.ok(whole.deltaNorm.some((_, module) => !gathered.has(module)));
    }
    assertSame({ ...table!, failures: [...table!.failures].sort((a, b) => a.module - b.module) }, whole);
  });

  it('stop when they are cancelled, and stop the measurers', async () => {
    const made = measurer();
    const controller = new AbortController();
    const stopped = moduleMetrics(
      source,
      ({ done }) => {
        if (done > 0) controller.abort(new CancelledError());
      },
      controller.signal,
      () => [made],
    );
    await assert.rejects(stopped, CancelledError);
    assert.ok(made.stopped);
    assert.ok(made.measured < MODULES - 2, `${made.measured} were measured`);
  });

  it('agree with the plain loops to the precision that a metric needs', async () => {
    const engine = currentEngine();
    useEngine(null);
    const some = { ...source, description: { ...source.description, lora: source.description.lora.slice(0, 1) } };
    const plain = await moduleMetrics(some, () => undefined);
    useEngine(engine);
    for (const name of NAMES) assert.ok(Math.abs(plain[name][0]! - alone[name][0]!) <= 1e-7 * plain[name][0]!, name);
  });
});

describe('bytes of factors', () => {
  it('give the same measures in every dtype with and without the engine', () => {
    const random = seededRandom(5);
    const sizes = { rank: 3, inFeatures: 11, outFeatures: 7, scaling: 0.5 };
    const bytesOf = (dtype: Dtype, length: number): Uint8Array => {
      const bytes = Uint8Array.from({ length: (length * bitsOf(dtype)) / 8 }, () => Math.floor(random() * 100));
      // Small exponents exclude NaN and norms beyond float64.
      for (let i = bitsOf(dtype) / 8 - 1; i < bytes.length; i += bitsOf(dtype) / 8) bytes[i] = 56 + (bytes[i]! % 8);
      return bytes;
    };
    for (const dtype of ['F64', 'F32', 'BF16', 'F16', 'F8_E4M3', 'F8_E5M2', 'I8', 'I64', 'C64'] as const) {
      const factors = { ...sizes, a: { dtype, bytes: bytesOf(dtype, 33) }, b: { dtype, bytes: bytesOf(dtype, 21) } };
      const measured = measureBytes(factors);
      const engine = currentEngine();
      useEngine(null);
      const plain = measureBytes(factors);
      useEngine(engine);
      for (const [name, value] of Object.entries(plain)) {
        const other = measured[name as keyof typeof measured];
        assert.ok(
          Number.isFinite(value) && Math.abs(value - other) <= 1e-7 * Math.abs(value),
          `${dtype} ${name}: ${other}, ${value}`,
        );
      }
    }
  });
});
