/**
 * Sends damaged checkpoints through the jobs of the worker: blind and header-aware damage (mutate.ts, mutateGguf.ts) to
 * every fixture, random bytes, and every fixture cut at every byte of its first kilobytes.
 */

import type { Random } from '../../../src/tensor/random';
import type { FuzzCase, FuzzKind } from '../kind';
import { below, mutate, pick } from '../mutate';
import type { Case } from '../mutate';
import { fixtureCases } from '../seeds';
import { named, tryCase } from '../trial';

const RANDOM_BYTES = 4096;
/** Truncations reach this far into a file, past its header. */
const CUT_BYTES = 1024;
const NAMES = ['x.safetensors', 'x.gguf', 'x.safetensors.index.json'];
/** Memory limit per case, for files under 1 MB. */
export const MAX_BYTES = 64 * 2 ** 20;

export const files: FuzzKind = {
  name: 'files',
  cases: 100_000,
  maxBytes: MAX_BYTES,
  load() {
    const seeds = fixtureCases();
    return (random) => fileCase(makeFile(random, seeds));
  },
  *fixed() {
    for (const given of fixtureCases()) {
      for (let cut = 0; cut <= Math.min(CUT_BYTES, given.bytes.length); cut++)
        yield [`${given.name} cut at ${cut}`, fileCase({ ...given, bytes: given.bytes.slice(0, cut) })];
    }
  },
};

export function fileCase(given: Case): FuzzCase {
  const shown = `${given.name}, ${given.bytes.length} bytes`;
  return { shown, run: async () => named(await tryCase(given)) };
}

function makeFile(random: Random, seeds: readonly Case[]): Case {
  if (random() < 0.03) {
    const bytes = Uint8Array.from({ length: below(random, RANDOM_BYTES) }, () => below(random, 256));
    return { name: pick(random, NAMES), bytes, beside: new Map() };
  }
  return mutate(random, pick(random, seeds));
}
