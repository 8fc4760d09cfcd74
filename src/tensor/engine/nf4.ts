/**
 * NF4 of float32 numbers in the engine's memory, two codes to a byte with the earlier entry in the high half, as
 * checkpoints store it. The plain twin is ../nf4, which divides where this multiplies by the reciprocal: an entry within
 * rounding of half-way between two levels may go to the other one.
 */

import { ArgumentError } from '../errors';
import { NF4_BLOCK_SIZE, NF4_LEVELS } from '../nf4';
import type { Call } from './crew';
import type { Engine } from './engine';
import type { ResidentArray } from './resident';
import { scanOperation } from './thread';

/** Half-way points of the levels: the code of x is how many of them lie below it. */
const EDGES = Float32Array.from({ length: 15 }, (_, i) => (NF4_LEVELS[i]! + NF4_LEVELS[i + 1]!) / 2);
/** Blocks of a call: 64Ki entries, so that the optimising compiler takes over between calls. */
const BLOCKS_AT_ONCE = 1024;

/** Codes (bytes, as many as half the entries) and scales (one a block) in the engine's memory. */
export interface ResidentNf4 {
  /** Four bytes of codes to an element: read them through `arena.bytes(codes.address, ...)`. */
  readonly codes: ResidentArray;
  readonly scales: ResidentArray;
  readonly blocks: number;
}

/** @throws ArgumentError unless the entries are whole blocks of 64: pad the last with zeros. */
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
