/**
 * NF4 of float32 numbers in the engine's memory. Each byte holds two codes, the earlier entry in the high half, as in
 * checkpoints. The plain twin ../nf4 divides where this code multiplies by the reciprocal, so an entry within rounding
 * of the midpoint between two levels may get the other level.
 */

import { ArgumentError } from '../errors';
import { NF4_BLOCK_SIZE, NF4_LEVELS } from '../nf4';
import type { Call } from './crew';
import type { Engine } from './engine';
import type { ResidentArray } from './resident';
import { scanOperation } from './thread';

/** Midpoints between levels. The code of x is the number of midpoints below it. */
const EDGES = Float32Array.from({ length: 15 }, (_, i) => (NF4_LEVELS[i]! + NF4_LEVELS[i + 1]!) / 2);
/** Blocks per call: 64Ki entries, so that the optimising compiler takes over between calls. */
const BLOCKS_AT_ONCE = 1024;

/** Codes (half as many bytes as entries) and scales (one per block) in the engine's memory. */
export interface ResidentNf4 {
  /** Four bytes of codes per element. Read them through `arena.bytes(codes.address, ...)`. */
  readonly codes: ResidentArray;
  readonly scales: ResidentArray;
  readonly blocks: number;
}

/** @throws ArgumentError if the entries are not whole blocks of 64. Pad the last block with zeros. */
export function quantizeNf4Resident(engine: Engine, values: ResidentArray): ResidentNf4 {
  const blocks = values.length / NF4_BLOCK_SIZE;
  if (!Number.isInteger(blocks)) {
    throw new ArgumentError('quantizeNf4Resident', `a multiple of ${NF4_BLOCK_SIZE} entries`, String(values.length));
  }
  const edges = engine.keep(EDGES);
  const codes = engine.allocate(blocks * (NF4_BLOCK_SIZE / 8));
  const scales = engine.allocate(blocks);
  inRuns(engine, blocks, (first, count) => ({
    operation: scanOperation('quantizeNf4'),
    args: [
      values.address + first * NF4_BLOCK_SIZE * 4,
      count,
      edges.address,
      codes.address + first * (NF4_BLOCK_SIZE / 2),
      scales.address + first * 4,
    ],
  }));
  edges.free();
  return { codes, scales, blocks };
}

export function dequantizeNf4Resident(engine: Engine, { codes, scales, blocks }: ResidentNf4): ResidentArray {
  const pairs = engine.allocate(512);
  const values = engine.allocate(blocks * NF4_BLOCK_SIZE);
  const { data } = pairs;
  for (let byte = 0; byte < 256; byte++) {
    data[2 * byte] = NF4_LEVELS[byte >> 4]!;
    data[2 * byte + 1] = NF4_LEVELS[byte & 15]!;
  }
  inRuns(engine, blocks, (first, count) => ({
    operation: scanOperation('dequantizeNf4'),
    args: [
      codes.address + first * (NF4_BLOCK_SIZE / 2),
      count,
      pairs.address,
      scales.address + first * 4,
      values.address + first * NF4_BLOCK_SIZE * 4,
    ],
  }));
  pairs.free();
  return values;
}

function inRuns(engine: Engine, blocks: number, call: (first: number, count: number) => Call): void {
  const calls: Call[] = [];
  for (let first = 0; first < blocks; first += BLOCKS_AT_ONCE)
    calls.push(call(first, Math.min(BLOCKS_AT_ONCE, blocks - first)));
  engine.crew.run(calls, engine.scratch);
}
