/** Measures every module of a LoRA adapter beside the weight of the base that it changes, in one pass over the base. */

import { isCheckpointError } from '../../checkpoint/errors';
import { Pacer } from '../../checkpoint/pacer';
import type { LoraModuleInfo, TensorInfo } from '../../checkpoint/sourceDescription';
import type { BaseComparison } from '../../protocol/baseComparison';
import { LruCache } from '../../protocol/lruCache';
import type { Progress } from '../../protocol/rpc';
import type { Engine } from '../../tensor/engine/engine';
import { randomizedSvd } from '../../tensor/engine/randomizedSvd';
import { productSvd } from '../../tensor/engine/spectrum';
import { everything } from '../matrixReader';
import type { MatrixSource } from '../matrixSource';
import { float32Factors } from '../residentDelta';
import { checkSpectrumWork } from '../spectrumWork';
import { baseWeights } from './baseTensors';
import type { BaseWeight } from './baseTensors';
import { chanceAngle, subspaceAngle } from './subspaceAngle';

/** Leading directions of W and of the change that are compared, as many as the smallest ranks in use. */
const DIRECTIONS = 8;
/** Spectra of trained weights decay slowly, so that the leading directions need more iterations than a norm. */
const POWER_ITERATIONS = 6;
/** Entries of a weight that is held whole, 512 MB in float32. Of larger ones, such as embeddings, only the norm is taken. */
const MAX_ENTRIES = 2 ** 27;
/** Bytes of the directions of weights that are kept: about 200 modules of a model 8,192 wide. */
const KEPT_BYTES = 128 * 2 ** 20;

interface WeightMeasures {
  readonly norm: number;
  /** Leading singular vectors as (rows, count) and (columns, count) of the stored weight; `null` if not computed. */
  readonly vectors: { readonly count: number; readonly u: Float64Array; readonly v: Float64Array } | null;
}

/** What is known of the base's weights, by file and tensor. Another adapter of the same base finds them here. */
type KeptWeights = LruCache<WeightMeasures>;

export function keptWeights(): KeptWeights {
  return new LruCache(KEPT_BYTES, {
    sizeOf: ({ vectors }) => 64 + (vectors ? vectors.u.byteLength + vectors.v.byteLength : 0),
  });
}

interface Context {
  /** `null` gives norms without angles. */
  readonly engine: Engine | null;
  readonly kept: KeptWeights;
  readonly progress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** A module that cannot be measured is among the failures. Rejects only with the signal's reason. */
export async function compareWithBase(
  adapter: MatrixSource,
  base: MatrixSource,
  context: Context,
): Promise<BaseComparison> {
  const { lora } = adapter.description;
  const weights = baseWeights(lora, base.description.tensors);
  const column = (): Float64Array => new Float64Array(lora.length).fill(NaN);
  const result = {
    ...{ weightNorm: column(), outAngle: column(), inAngle: column() },
    ...{ outChance: column(), inChance: column() },
  };
  const failures: { module: number; message: string }[] = [];
  const pacer = new Pacer(context.signal);
  for (const [module, info] of lora.entries()) {
    await pacer.pause();
    const weight = weights[module]!;
    try {
      if ('why' in weight) failures.push({ module, message: weight.why });
      else {
        const row = await measured(adapter, base, info, weight, context);
        for (const [name, value] of Object.entries(row.values)) result[name as keyof typeof result][module] = value;
        if (row.withoutAngles !== null) failures.push({ module, message: row.withoutAngles });
      }
    } catch (error) {
      context.signal?.throwIfAborted();
      if (!isCheckpointError(error)) throw error;
      failures.push({ module, message: error.message });
    }
    context.progress({ done: module + 1, total: lora.length, message: info.module });
  }
  return { path: base.description.file?.path ?? base.description.title, ...result, failures };
}

interface Row {
  readonly values: Partial<Record<'weightNorm' | 'outAngle' | 'inAngle' | 'outChance' | 'inChance', number>>;
  readonly withoutAngles: string | null;
}

async function measured(
  adapter: MatrixSource,
  base: MatrixSource,
  info: LoraModuleInfo,
  { tensor, transposed }: BaseWeight,
  context: Context,
): Promise<Row> {
  const { norm, vectors } = await weightMeasures(base, tensor, context);
  const values = { weightNorm: norm };
  const without = (withoutAngles: string): Row => ({ values, withoutAngles });
  if (!Number.isFinite(norm)) return without("the base's weight holds NaN or infinities");
  if (!vectors || !context.engine) return without('the weight is too large for its leading directions');
  const change = await changeVectors(adapter, info, context.engine, context.signal);
  if (typeof change === 'string') return without(change);
  const [outOfW, inOfW] = transposed ? [vectors.v, vectors.u] : [vectors.u, vectors.v];
  const { outFeatures, inFeatures } = info;
  const { count } = change;
  return {
    values: {
      ...values,
      outAngle: subspaceAngle(change.u, count, outOfW, vectors.count, outFeatures),
      inAngle: subspaceAngle(change.v, count, inOfW, vectors.count, inFeatures),
      outChance: chanceAngle(count, vectors.count, outFeatures),
      inChance: chanceAngle(count, vectors.count, inFeatures),
    },
    withoutAngles: null,
  };
}

/** The leading singular vectors of a module's change, or why there are none. */
async function changeVectors(
  adapter: MatrixSource,
  info: LoraModuleInfo,
  engine: Engine,
  signal?: AbortSignal,
): Promise<{ readonly count: number; readonly u: Float64Array; readonly v: Float64Array } | string> {
  checkSpectrumWork(info);
  const factors = await adapter.factors(info.module, undefined, signal);
  const floats = float32Factors(factors);
  if (!floats) return 'A or B has values beyond float32';
  const { rank, inFeatures, outFeatures, scaling } = factors;
  const { values, u, v } = productSvd(engine, {
    a: { data: floats.a, shape: [rank, inFeatures] },
    b: { data: floats.b, shape: [outFeatures, rank] },
    scaling,
  });
  if (!Number.isFinite(values[0])) return 'A or B holds NaN or infinities';
  // Directions with values of rounding errors mean nothing.
  const used = values.filter((value) => value > 1e-6 * values[0]!).length;
  if (used === 0) return 'the change is zero, so it has no direction';
  const count = Math.min(used, DIRECTIONS);
  const width = values.length;
  return { count, u: firstColumns(u, width, count), v: firstColumns(v, width, count) };
}

function firstColumns(matrix: Float64Array, width: number, count: number): Float64Array {
  return Float64Array.from({ length: (matrix.length / width) * count }, (_, i) => {
    return matrix[Math.floor(i / count) * width + (i % count)]!;
  });
}

async function weightMeasures(
  base: MatrixSource,
  tensor: TensorInfo,
  { engine, kept, signal }: Context,
): Promise<WeightMeasures> {
  const { file } = base.description;
  const key = JSON.stringify([file?.path, file?.bytes, file?.modified, tensor.name]);
  const known = kept.get(key);
  if (known) return known;
  const measures = await readWeight(base, tensor, engine, signal);
  if (file) kept.set(key, measures);
  return measures;
}

async function readWeight(
  base: MatrixSource,
  { name, shape }: TensorInfo,
  engine: Engine | null,
  signal?: AbortSignal,
): Promise<WeightMeasures> {
  const [rows, columns] = [shape[0] ?? 1, shape.slice(1).reduce((product, size) => product * size, 1)];
  // The rows of a convolution are its kernels, so all entries are read as they are stored.
  const matrix = await base.matrix(shape.length > 2 ? { kind: 'entries', name } : { kind: 'tensor', name }, signal);
  const held = engine && rows * columns <= MAX_ENTRIES ? engine.allocate(rows * columns) : null;
  try {
    let sum = 0;
    await matrix.scan(
      everything(matrix),
      ({ firstRow, rowCount, firstColumn, columnCount, values }) => {
        for (const value of values.subarray(0, rowCount * columnCount)) sum += value * value;
        if (!held) return;
        const { data } = held;
        for (let i = 0; i < rowCount; i++)
          data.set(
            values.subarray(i * columnCount, (i + 1) * columnCount),
            (firstRow + i) * matrix.columns + firstColumn,
          );
      },
      signal,
    );
    const norm = Math.sqrt(sum);
    if (!held || !Number.isFinite(norm) || norm === 0) return { norm, vectors: null };
    const options = { count: DIRECTIONS, powerIterations: POWER_ITERATIONS };
    const { values, u, v } = randomizedSvd(engine!, held, [rows, columns], options);
    return { norm, vectors: { count: values.length, u, v } };
  } finally {
    held?.free();
  }
}
