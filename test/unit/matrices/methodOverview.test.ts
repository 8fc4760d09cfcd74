import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import type { MatrixSource } from '../../../src/matrices/matrixSource';
import { everything } from '../../../src/matrices/matrixReader';
import { methodOverview } from '../../../src/matrices/overview/methodOverview';
import { bottleneckMeasures } from '../../../src/matrices/overview/bottleneckMeasures';
import { vectorMeasures } from '../../../src/matrices/overview/vectorMeasures';

const FOLDER = path.resolve('test/fixtures/overviews');

interface Vector {
  readonly deviation: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Computed with numpy (makeFixtures.py). */
const expected = JSON.parse(readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')) as {
  readonly ia3: Readonly<Record<string, Vector>>;
  readonly bottleneck: Readonly<Record<string, { readonly downNorm: number; readonly upNorm: number }>>;
  readonly prompt: { readonly norms: readonly number[]; readonly cosines: readonly (readonly (number | null)[])[] };
};

async function opened<T>(file: string, use: (source: MatrixSource) => Promise<T>): Promise<T> {
  const source = await openCheckpoint(nodeFiles, path.join(FOLDER, file));
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

const close = (actual: number, wanted: number, what: string): void =>
  assert.ok(Math.abs(actual - wanted) <= 1e-12 + 1e-9 * Math.abs(wanted), `${what}: ${actual}, numpy has ${wanted}`);

const ignore = (): void => undefined;

describe('the overview of methods', () => {
  it("measures every (IA)³ vector of PEFT's file as numpy does, by layer and module", async () => {
    await opened('ia3/adapter_model.safetensors', async (source) => {
      const { vectors, failures } = await methodOverview(source, ignore);
      assert.deepEqual(failures, []);
      assert.deepEqual(vectors.map(({ tensor }) => tensor).sort(), Object.keys(expected.ia3).sort());
      for (const { tensor, layer, group, ...measured } of vectors) {
        assert.ok(layer !== null && !/\d/.test(group), `${tensor} lies in layer ${layer}, group ${group}`);
        for (const key of ['deviation', 'mean', 'min', 'max'] as const)
          close(measured[key], expected.ia3[tensor]![key], `${key} of ${tensor}`);
      }
    });
  });

  it('gives the norms of every bottleneck as numpy does, and counts units that pass nothing on', async () => {
    await opened('bottleneck/pytorch_adapter.safetensors', async (source) => {
      const { bottlenecks } = await methodOverview(source, ignore);
      assert.deepEqual(
        bottlenecks.map(({ layer, units, deadUnits }) => [layer, units, deadUnits]),
        [
          [0, 4, 0],
          [1, 4, 1],
          [2, 4, 1],
        ],
      );
      for (const { layer, downNorm, upNorm } of bottlenecks) {
        close(downNorm, expected.bottleneck[String(layer)]!.downNorm, `W down of layer ${layer}`);
        close(upNorm, expected.bottleneck[String(layer)]!.upNorm, `W up of layer ${layer}`);
      }
    });
  });

  it("gives the norms of a prompt's tokens and the cosines between them as numpy does, NaN for a token of zeros", async () => {
    await opened('prompt/adapter_model.safetensors', async (source) => {
      const { prompts } = await methodOverview(source, ignore);
      const { norms, cosines } = expected.prompt;
      assert.equal(prompts.length, 1);
      norms.forEach((norm, token) => close(prompts[0]!.norms[token]!, norm, `norm of token ${token}`));
      const matrix = await source.matrix({ kind: 'similarity', prompt: source.description.prompts[0]!.prompt });
      assert.deepEqual([matrix.rows, matrix.columns], [norms.length, norms.length]);
      await matrix.scan(everything(matrix), ({ firstRow, values }) => {
        values.forEach((value, i) => {
          const [row, column] = [firstRow + Math.floor(i / matrix.columns), i % matrix.columns];
          const wanted = cosines[row]![column]!;
          if (wanted === null) assert.ok(Number.isNaN(value), `cosine ${row}, ${column} is ${value}`);
          else close(value, wanted, `cosine ${row}, ${column}`);
        });
      });
    });
  });

  it('keeps the modules that can be read when one cannot', async () => {
    await opened('ia3/adapter_model.safetensors', async (source) => {
      const [first] = Object.keys(expected.ia3);
      const broken: MatrixSource = {
        description: source.description,
        factors: (module) => source.factors(module),
        close: () => source.close(),
        matrix: (ref, signal) => {
          if ('name' in ref && ref.name === first) throw new Error('the disk is gone');
          return source.matrix(ref, signal);
        },
      };
      const { vectors, failures } = await methodOverview(broken, ignore);
      assert.equal(vectors.length, Object.keys(expected.ia3).length - 1);
      assert.deepEqual(
        failures.map(({ message }) => message),
        ['the disk is gone'],
      );
    });
  });

  it('stops with the reason of its signal', async () => {
    await opened('ia3/adapter_model.safetensors', async (source) => {
      const reason = new Error('cancelled');
      await assert.rejects(methodOverview(source, ignore, AbortSignal.abort(reason)), reason);
    });
  });

  it('has no measures for a vector with NaN or infinities', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const measures = vectorMeasures(Float64Array.of(1, value));
      assert.ok(Object.values(measures).every(Number.isNaN), JSON.stringify(measures));
    }
    assert.deepEqual(vectorMeasures(Float64Array.of(1, 1)), { deviation: 0, mean: 1, min: 1, max: 1 });
  });

  it('counts a unit with a bias as alive, though no input reaches it', () => {
    const down = Float64Array.of(0, 0, 1, 1);
    const up = Float64Array.of(1, 1, 1, 1);
    assert.equal(bottleneckMeasures(down, up, 2, Float64Array.of(1, 0)).deadUnits, 0);
    assert.equal(bottleneckMeasures(down, up, 2, null).deadUnits, 1);
  });
});
