/**
 * npm run fuzz: sends hundreds of thousands of damaged files through the jobs of the worker. Prints a line for every
 * fault, with the number that repeats its case (`--only=N`), and a summary of outcomes. Exits with 1 if there was a
 * fault.
 *
 * `--from=N` resumes an interrupted run at case N.
 *
 * The cases are blind and header-aware damage (mutate.ts, mutateGguf.ts) to every fixture, random bytes, and every
 * fixture cut at every byte of its first kilobytes. A tenth as many damaged pairs of model config and adapter config go
 * through the budget engine.
 */

import { writeSync } from 'node:fs';
import { seededRandom } from '../../src/tensor/random';
import { goldenPairs, judgePair, mutatePair } from './budgetTrial';
import { below, mutate, pick } from './mutate';
import type { Case } from './mutate';
import { fixtureCases } from './seeds';
import { judge } from './trial';

const option = (name: string): string | undefined =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);

const RANDOM_BYTES = 4096;
/** Truncations reach this far into a file, past its header. */
const CUT_BYTES = 1024;
const KINDS = ['x.safetensors', 'x.gguf', 'x.safetensors.index.json'];

/** Makes case `number` of a run. The same seed and number give the same bytes. */
export function makeCase(seeds: readonly Case[], seed: number, number: number): Case {
  const random = seededRandom(seed * 1e7 + number);
  if (random() < 0.03) {
    const bytes = Uint8Array.from({ length: below(random, RANDOM_BYTES) }, () => below(random, 256));
    return { name: pick(random, KINDS), bytes, beside: new Map() };
  }
  return mutate(random, pick(random, seeds));
}

/** Resolves when the label has been sent to the watching process. */
function tell(label: string): Promise<void> {
  return new Promise((sent) => (process.send ? process.send(label, () => sent()) : sent()));
}

async function main(): Promise<void> {
  const seeds = fixtureCases();
  const seed = Number(option('seed') ?? 1);
  const only = option('only');
  const cases = Number(option('cases') ?? 100_000);
  const from = Number(option('from') ?? 0);
  const outcomes = new Map<string, number>();
  let faults = 0;
  const run = async (given: Case, label: string): Promise<void> => {
    // If a case hangs, the watching process reports the last label, so it must receive this one before the case runs.
    await tell(label);
    let { outcome, fault } = await judge(given);
    // Memory left over from earlier cases counts as memory in use, so a fault counts only if it repeats.
    if (fault !== null && outcome !== 'crashed') ({ outcome, fault } = await judge(given));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (fault === null) return;
    faults++;
    writeSync(1, `FAULT ${label} (${given.name}, ${given.bytes.length} bytes): ${fault}\n`);
  };

  const start = performance.now();
  let count = 0;
  if (only !== undefined) await run(makeCase(seeds, seed, Number(only)), `--seed=${seed} --only=${only}`);
  else {
    for (const given of from > 0 ? [] : seeds) {
      for (let cut = 0; cut <= Math.min(CUT_BYTES, given.bytes.length); cut++, count++) {
        await run({ ...given, bytes: given.bytes.slice(0, cut) }, `${given.name} cut at ${cut}`);
      }
    }
    for (let number = from; number < cases; number++, count++) {
      await run(makeCase(seeds, seed, number), `--seed=${seed} --only=${number}`);
      if (number % 10_000 === 9_999)
        writeSync(
          1,
          `${number + 1} of ${cases}, ${faults} faults, ${((performance.now() - start) / 1000).toFixed(0)} s\n`,
        );
    }
  }
  const ended = [...outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, times]) => `${outcome} ${times}`);
  faults += only === undefined ? fuzzBudgets(Math.ceil(from / 10), Math.ceil(cases / 10), seed) : 0;
  writeSync(1, `${count} cases from ${seeds.length} files: ${ended.join(', ')}\n${faults} faults\n`);
  process.exit(faults > 0 ? 1 : 0);
}

/** @returns the number of faults */
function fuzzBudgets(from: number, to: number, seed: number): number {
  const pairs = goldenPairs();
  const outcomes = new Map<string, number>();
  let faults = 0;
  for (let number = from; number < to; number++) {
    if (number % 100 === 0) process.send?.(`budget ${number}`);
    const pair = mutatePair(seededRandom(seed * 1e7 + number), pairs);
    const { outcome, fault } = judgePair(pair);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (fault === null) continue;
    faults++;
    writeSync(1, `FAULT of the budget, --seed=${seed}, pair ${number}: ${fault}\n  ${pair.adapter.slice(0, 1000)}\n`);
  }
  if (to > from)
    writeSync(1, `${to - from} pairs of configs: ${[...outcomes].map((entry) => entry.join(' ')).join(', ')}\n`);
  return faults;
}

if (process.argv[1]?.endsWith('fuzz.cjs')) void main();
