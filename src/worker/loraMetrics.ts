/** Measures spectrum and norms of all LoRA modules of a source, and reports the results in parts. */

import { isCheckpointError } from '../checkpoint/errors';
import type { MeasuredModule, ModuleMetric, ModuleMetrics } from '../protocol/matrix';
import { DisconnectedError, RemoteError } from '../protocol/rpc';
import type { Progress } from '../protocol/rpc';
import type { LoraModuleInfo } from '../checkpoint/sourceDescription';
import { maxMagnitude } from '../matrices/maxMagnitude';
import type { MatrixSource, StoredFactors, StoredRun } from '../matrices/matrixSource';
import { everything } from '../matrices/matrixReader';
import type { MatrixReader } from '../matrices/matrixReader';
import type { Measurer, StartMeasurers } from './measurer';
import type { FactorBytes, FactorRun, ModuleMeasures } from '../matrices/moduleMeasures';
import { MAX_SPECTRUM_PRODUCTS, spectrumWork, tooMuchWork } from '../matrices/spectrumWork';
import { Pacer } from '../checkpoint/pacer';
import { currentEngine } from '../tensor/engine/current';

/**
 * Upper bound on the multiplications for maxAbs of all modules, about a second: maxAbs needs every entry of every
 * product. Beyond it maxAbs is NaN for all modules, so that the modules in the grid stay comparable.
 */
const MAX_ENTRY_WORK = 2 ** 30;
/** Checking an entry takes as long as this number of multiplications. */
const ENTRY_OVERHEAD = 4;
/** Number of multiplications from which other threads are started. Starting takes a tenth of a second. */
const LEAST_SHARED_WORK = 2 ** 31;
/** Number of modules per measurer: one is measured while another is read. */
const IN_HAND = 2;
/** Interval between two parts of the result. */
const REPORT_MS = 100;

const METRICS: readonly ModuleMetric[] = [
  'deltaNorm',
  'aNorm',
  'bNorm',
  'spectralNorm',
  'effectiveRank',
  'stableRank',
  'maxAbs',
];

/**
 * Measures every module. One that cannot be read is NaN throughout, and `failures` gives the reason. Each progress
 * report carries the modules measured since the last one as its `partial`.
 */
export async function moduleMetrics(
  source: MatrixSource,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
  startMeasurers: StartMeasurers = () => [],
): Promise<ModuleMetrics> {
  const { lora } = source.description;
  const results = new Results(lora.length, progress);
  const queue = lora.entries();
  const withMaxAbs = total(lora, entryWork) <= MAX_ENTRY_WORK;
  const measurers = !withMaxAbs && total(lora, spectrumWork) >= LEAST_SHARED_WORK ? startMeasurers() : [];
  // The first failure, or a cancel, stops all other loops.
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    const hands = measurers.length > 0 ? measurers.flatMap((m) => Array<Measurer>(IN_HAND).fill(m)) : [null];
    const loops = hands.map(async (measurer) => {
      const hand = new Hand(source, withMaxAbs, measurer, controller.signal);
      try {
        for (const [i, info] of queue) results.add(await hand.measured(i, info), info.module);
      } catch (error) {
        controller.abort(error);
        throw error;
      }
    });
    const failed = (await Promise.allSettled(loops)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw controller.signal.reason;
    return results.finish();
  } finally {
    signal?.removeEventListener('abort', stop);
    for (const measurer of measurers) measurer.stop();
  }
}

class Results {
  private readonly metrics: Record<ModuleMetric, Float64Array>;
  private readonly failures: { module: number; message: string }[] = [];
  private part: MeasuredModule[] = [];
  private done = 0;
  private reported = performance.now();

  constructor(
    private readonly total: number,
    private readonly progress: (progress: Progress) => void,
  ) {
    const tables = METRICS.map((metric) => [metric, new Float64Array(total).fill(NaN)]);
    this.metrics = Object.fromEntries(tables) as Record<ModuleMetric, Float64Array>;
    progress({ done: 0, total });
  }

  add(measured: MeasuredModule, name: string): void {
    const { module, metrics, failure } = measured;
    for (const metric of METRICS) this.metrics[metric][module] = metrics?.[metric] ?? NaN;
    if (failure !== undefined) this.failures.push({ module, message: failure });
    this.part.push(measured);
    this.done++;
    if (this.done < this.total && performance.now() - this.reported < REPORT_MS) return;
    this.reported = performance.now();
    this.progress({ done: this.done, total: this.total, message: name, partial: this.part });
    this.part = [];
  }

  finish(): ModuleMetrics {
    const failures = [...this.failures].sort((one, other) => one.module - other.module);
    return { ...this.metrics, failures };
  }
}

interface Measures extends ModuleMeasures {
  readonly maxAbs?: number;
  /** Why only norms are measured. */
  readonly tooLarge?: string;
}

/** Measures one module after another, on a measurer or in this thread. */
class Hand {
  private readonly pacer: Pacer;
  private shared: readonly Uint8Array[] = [];

  constructor(
    private readonly source: MatrixSource,
    private readonly withMaxAbs: boolean,
    private measurer: Measurer | null,
    private readonly signal: AbortSignal,
  ) {
    this.pacer = new Pacer(signal);
  }

  async measured(index: number, info: LoraModuleInfo): Promise<MeasuredModule> {
    const { unavailable } = info;
    await this.pacer.pause();
    if (unavailable !== undefined) return { module: index, failure: unavailable };
    try {
      const { tooLarge, ...measures } = await this.measure(info);
      const metrics = { maxAbs: NaN, ...measures };
      const failure = Number.isNaN(metrics.deltaNorm) ? 'A or B holds NaN or infinities' : tooLarge;
      return { module: index, metrics, ...(failure !== undefined && { failure }) };
    } catch (error) {
      if (!isCheckpointError(error) && !(error instanceof RemoteError)) throw error;
      return { module: index, failure: error.message };
    }
  }

  private async measure(info: LoraModuleInfo): Promise<Measures> {
    const { module } = info;
    const stored = this.measurer && this.source.storedFactors?.(module);
    if (stored) {
      if (spectrumWork(stored) > MAX_SPECTRUM_PRODUCTS) return this.normOnly(info);
      const factors = await this.read(stored);
      try {
        return await this.measurer!.measure(factors, { signal: this.signal });
      } catch (error) {
        if (!(error instanceof DisconnectedError)) throw error;
        // The measurer died or could not start, so this thread takes over.
        this.measurer = null;
      }
    }
    const measures = await this.measureHere(info);
    if (!this.withMaxAbs || measures.tooLarge !== undefined) return measures;
    const delta = await this.source.matrix({ kind: 'delta', module }, this.signal);
    return { ...measures, maxAbs: await largestEntry(delta, this.signal) };
  }

  private async measureHere(info: LoraModuleInfo): Promise<Measures> {
    const { module, scaling } = info;
    const sides = await this.source.kroneckerFactors?.(module, this.signal);
    const works = sides ?? [info];
    if (works.some((work) => spectrumWork(work) > MAX_SPECTRUM_PRODUCTS)) return this.normOnly(info);
    const { kroneckerMeasuresWith, measuresWith } = await import('./spectra.js');
    if (sides) return kroneckerMeasuresWith(currentEngine(), sides, scaling);
    return measuresWith(currentEngine(), await this.source.factors(module, undefined, this.signal));
  }

  /** The norm costs what reading the factors costs, whatever their rank. */
  private async normOnly(info: LoraModuleInfo): Promise<Measures> {
    const product = this.source.storedProduct?.(info.module, this.signal);
    if (!product) throw tooMuchWork(info);
    const { normWith } = await import('./spectra.js');
    return { ...(await normWith(currentEngine(), product)), tooLarge: tooMuchWork(info).message };
  }

  private async read(stored: StoredFactors): Promise<FactorBytes> {
    const runs: readonly StoredRun[] = [stored.a, stored.b];
    this.shared = runs.map(({ byteLength }, i) => {
      const kept = this.shared[i];
      return kept && kept.length === byteLength ? kept : shareable(byteLength);
    });
    const [a, b] = await Promise.all(
      runs.map(async ({ dtype, readInto }, i): Promise<FactorRun> => {
        const bytes = this.shared[i]!;
        await readInto(bytes, this.signal);
        return { dtype, bytes };
      }),
    );
    return { ...stored, a: a!, b: b! };
  }
}

/** Bytes that another thread can read without a copy, if the platform supports shared memory. */
function shareable(byteLength: number): Uint8Array {
  return new Uint8Array(
    typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength),
  );
}

function entryWork({ rank, inFeatures, outFeatures }: LoraModuleInfo): number {
  return (rank + ENTRY_OVERHEAD) * inFeatures * outFeatures;
}

function total(modules: readonly LoraModuleInfo[], work: (module: LoraModuleInfo) => number): number {
  return modules.reduce((sum, module) => (module.unavailable === undefined ? sum + work(module) : sum), 0);
}

/** Largest magnitude of the product's entries; NaN if one of them is NaN. */
async function largestEntry(delta: MatrixReader, signal?: AbortSignal): Promise<number> {
  let largest = 0;
  await delta.scan(
    everything(delta),
    ({ values }) => {
      largest = maxMagnitude(values, largest);
    },
    signal,
  );
  return largest;
}
