/** What the kinds of fuzz have in common: how a case is made, run and judged. */

import { seededRandom } from '../../src/tensor/random';
import type { Random } from '../../src/tensor/random';
import { prototypesAsTheyAre, prototypesChanged } from './prototypes';

/** Time limit per case, both on the clock and in processor time, because other work may occupy the processor. */
const MAX_MS = 1000;
/** Time limit per case on the clock alone: a case that only waits uses no processor. */
const MAX_WAIT_MS = 10 * MAX_MS;

export interface FuzzCase {
  /** The beginning of the input, which the report of a fault shows. */
  readonly shown: string;
  /** Resolves to the outcome. Rejects if the product fails in a way that it must not. */
  run(): Promise<string>;
}

/** Equal random numbers make equal cases. */
export type CaseMaker = (random: Random) => FuzzCase;

export interface FuzzKind {
  readonly name: string;
  /** Cases of a run without the option `--cases`. */
  readonly cases: number;
  /** Limit on the memory that a case keeps; `null` for kinds whose caches stay between cases. */
  readonly maxBytes: number | null;
  /** Reads the intact inputs that the cases damage. */
  load(): CaseMaker;
  /** Cases that run before the random ones, with the label that names each. */
  readonly fixed?: () => Iterable<readonly [label: string, fuzzCase: FuzzCase]>;
}

interface Judgement {
  readonly outcome: string;
  /** What is wrong; `null` if nothing is. */
  readonly fault: string | null;
  readonly ms: number;
}

/** Runs a case and checks its limits. */
async function judgeOnce(given: FuzzCase, maxBytes: number | null): Promise<Judgement> {
  const prototypes = prototypesAsTheyAre();
  const before = memoryInUse();
  const start = performance.now();
  const used = process.cpuUsage();
  let outcome = 'crashed';
  let fault: string | null = null;
  try {
    outcome = await given.run();
  } catch (error) {
    fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(used);
  const waited = performance.now() - start;
  const ms = Math.min(waited, (user + system) / 1000);
  const grown = memoryInUse() - before;
  const changed = prototypesChanged(prototypes);
  if (changed.length > 0) fault ??= `it changed ${changed.join(', ')}`;
  if (ms > MAX_MS || waited > MAX_WAIT_MS)
    fault ??= `it took ${ms.toFixed(0)} ms of ${waited.toFixed(0)} ms, at most ${MAX_MS}`;
  if (maxBytes !== null && grown > maxBytes) fault ??= `it took ${grown} bytes of memory, at most ${maxBytes}`;
  return { outcome, fault, ms };
}

/**
 * Runs a case and, if it breaks a limit, once more. Memory left over from earlier cases or a busy machine can also
 * break a limit, so it counts only if it happens again.
 */
export async function judge(given: FuzzCase, maxBytes: number | null = null): Promise<Judgement> {
  const first = await judgeOnce(given, maxBytes);
  return first.fault === null || first.outcome === 'crashed' ? first : judgeOnce(given, maxBytes);
}

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A source of random numbers that begins anew at each call, for a case that runs twice. */
export function repeatable(random: Random): () => Random {
  const seed = Math.floor(random() * 2 ** 32);
  return () => seededRandom(seed);
}
