/** scaling * B * A in float32, computed block by block with the engine, for heatmaps and statistics. */

import type { Engine } from '../tensor/engine/engine';
import type { ResidentArray } from '../tensor/engine/resident';
import type { Factors } from './factors';
import { maxMagnitude } from './maxMagnitude';
import type { ResidentEntries } from './matrixReader';
import { Pacer } from '../checkpoint/pacer';

/** Number of entries per block: 4 MiB, a few milliseconds of work at rank 128. */
const BLOCK_ENTRIES = 2 ** 20;
/** Sums of products in this range are far from overflow and from losing digits in float32. */
const SAFE_RANGE = { least: 1e-25, most: 1e35 } as const;

export interface Float32Factors {
  /** (rank, inFeatures), row-major. `b` is (outFeatures, rank). Both equal the factors in float64. */
  readonly a: Float32Array;
  readonly b: Float32Array;
}

const converted = new WeakMap<Factors, Float32Factors | null>();

/** The factors in float32, or `null` if it cannot hold all values exactly. Each `Factors` is converted once. */
export function float32Factors(factors: Factors): Float32Factors | null {
  const known = converted.get(factors);
  if (known !== undefined) return known;
  const a = exactFloat32(factors.a);
  const b = a && exactFloat32(factors.b);
  const both = a && b ? { a, b } : null;
  converted.set(factors, both);
  return both;
}

function exactFloat32(values: Float64Array): Float32Array | null {
  const floats = Float32Array.from(values);
  for (let i = 0; i < floats.length; i++) if (!Object.is(floats[i], values[i])) return null;
  return floats;
}

const residents = new WeakMap<Factors, ResidentEntries | null>();

/**
 * `null` if float32 cannot hold the factors, or the product of them. The first call scans both factors; later calls
 * with the same `Factors` return its result, because every tile asks.
 */
export function residentDelta(factors: Factors): ResidentEntries | null {
  const known = residents.get(factors);
  if (known !== undefined) return known;
  const resident = makeResident(factors);
  residents.set(factors, resident);
  return resident;
}

function makeResident(factors: Factors): ResidentEntries | null {
  const floats = float32Factors(factors);
  if (!floats) return null;
  const { a, b } = floats;
  const { rank, inFeatures, scaling } = factors;
  const size = Math.abs(scaling) * rank * maxMagnitude(a) * maxMagnitude(b);
  if (!(size === 0 || (size >= SAFE_RANGE.least && size <= SAFE_RANGE.most))) return null;
  return {
    dtype: 'F32',
    fast: true,
    async scan(engine, { ranges, firstColumn, columnCount }, visit, signal) {
      const pacer = new Pacer(signal);
      const rowsAtOnce = Math.max(1, Math.floor(BLOCK_ENTRIES / Math.max(1, columnCount)));
      const right = keepColumns(engine, a, rank, inFeatures, firstColumn, columnCount);
      const left = engine.allocate(rowsAtOnce * rank);
      const out = engine.allocate(rowsAtOnce * columnCount);
      try {
        for (const { first, count } of ranges) {
          for (let firstRow = first; firstRow < first + count; firstRow += rowsAtOnce) {
            const rowCount = Math.min(rowsAtOnce, first + count - firstRow);
            const rows = left.data;
            for (let i = 0; i < rowCount * rank; i++) rows[i] = scaling * b[firstRow * rank + i]!;
            engine.multiply({
              layout: 'NN',
              m: rowCount,
              n: columnCount,
              k: rank,
              a: left.address,
              b: right.address,
              out: out.address,
            });
            const { address } = out;
            visit({ firstRow, rowCount, firstColumn, columnCount, address, strideBytes: 4 * columnCount });
            await pacer.pause();
          }
        }
      } finally {
        for (const array of [left, right, out]) array.free();
      }
    },
  };
}

function keepColumns(
  engine: Engine,
  a: Float32Array,
  rank: number,
  inFeatures: number,
  first: number,
  count: number,
): ResidentArray {
  const kept = engine.allocate(rank * count);
  const data = kept.data;
  for (let k = 0; k < rank; k++)
    data.set(a.subarray(k * inFeatures + first, k * inFeatures + first + count), k * count);
  return kept;
}
