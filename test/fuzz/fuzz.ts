/**
 * npm run fuzz: sends hundreds of thousands of damaged and generated inputs through the product. Prints a line for every
 * fault, with the options that repeat its case (`--kind=NAME --seed=N --only=N`), and a summary of the outcomes and the
 * time of each kind. Exits with 1 if there was a fault.
 *
 * `--kind=NAME,NAME` chooses kinds (kinds.ts), `--cases=N` sets the number of cases of each, `--from=N` resumes an
 * interrupted run at case N, and `--only=N` runs one case and prints its time and input.
 */

import { writeSync } from 'node:fs';
import { harmless } from '../../src/cli/terminalText';
import { seededRandom } from '../../src/tensor/random';
import { judge } from './kind';
import type { CaseMaker, FuzzCase, FuzzKind } from './kind';
import { KINDS } from './kinds';

const option = (name: string): string | undefined =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Characters of an input that the report of a fault shows. */
const SHOWN_CHARACTERS = 2000;
const PROGRESS_CASES = 10_000;

/** Makes case `number` of a run. The same seed and number give the same case. */
export function makeCase(make: CaseMaker, seed: number, number: number): FuzzCase {
  return make(seededRandom(seed * 1e7 + number));
}

const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Resolves when the label has been sent to the watching process. */
function tell(label: string): Promise<void> {
  return new Promise((sent) => (process.send ? process.send(label, () => sent()) : sent()));
}

/** The run of one kind. */
class KindRun {
  private readonly start = performance.now();
  private readonly outcomes = new Map<string, number>();
  private slowest = { ms: 0, label: '' };
  private count = 0;
  faults = 0;

  constructor(private readonly kind: FuzzKind) {}

  async run(seed: number, from: number, cases: number): Promise<void> {
    const make = this.kind.load();
    for (const [label, given] of from > 0 ? [] : (this.kind.fixed?.() ?? [])) await this.take(given, label);
    for (let number = from; number < cases; number++) {
      await this.take(makeCase(make, seed, number), this.label(seed, number));
      if (number % PROGRESS_CASES === PROGRESS_CASES - 1)
        say(`${this.kind.name}: ${number + 1} of ${cases}, ${this.faults} faults, ${this.seconds()} s`);
    }
    const ended = [...this.outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, times]) => `${outcome} ${times}`);
    say(`${this.kind.name}: ${this.count} cases in ${this.seconds()} s, ${this.faults} faults: ${ended.join(', ')}`);
    say(`${this.kind.name}: the slowest case took ${this.slowest.ms.toFixed(0)} ms: ${this.slowest.label}`);
  }

  async only(seed: number, number: number): Promise<void> {
    const given = makeCase(this.kind.load(), seed, number);
    say(printable(given.shown));
    await this.take(given, this.label(seed, number));
    const [outcome] = this.outcomes.keys();
    say(`${this.label(seed, number)}: ${outcome}, ${this.slowest.ms.toFixed(0)} ms`);
  }

  private async take(given: FuzzCase, label: string): Promise<void> {
    // If a case hangs, the watching process reports the last label, so it must receive this one before the case runs.
    await tell(label);
    const { outcome, fault, ms } = await judge(given, this.kind.maxBytes);
    this.count++;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (ms >= this.slowest.ms) this.slowest = { ms, label };
    if (fault === null) return;
    this.faults++;
    say(`FAULT ${label} (${ms.toFixed(0)} ms): ${fault}\n${printable(given.shown)}`);
  }

  private label(seed: number, number: number): string {
    return `--kind=${this.kind.name} --seed=${seed} --only=${number}`;
  }

  private seconds(): string {
    return ((performance.now() - this.start) / 1000).toFixed(0);
  }
}

/** The beginning of an input, in lines that a terminal can show. */
function printable(input: string): string {
  return input
    .slice(0, SHOWN_CHARACTERS)
    .split('\n')
    .map((line) => harmless(line, SHOWN_CHARACTERS))
    .join('\n');
}

/** The chosen kinds; all without a choice. Throws for an unknown name. */
function chosenKinds(names: string | undefined): readonly FuzzKind[] {
  if (names === undefined) return KINDS;
  return names.split(',').map((name) => {
    const kind = KINDS.find((each) => each.name === name);
    if (!kind) throw new Error(`--kind=${name}: expected some of ${KINDS.map((each) => each.name).join(', ')}`);
    return kind;
  });
}

async function main(): Promise<void> {
  const seed = Number(option('seed') ?? 1);
  const only = option('only');
  let faults = 0;
  for (const kind of chosenKinds(option('kind'))) {
    const run = new KindRun(kind);
    if (only === undefined) await run.run(seed, Number(option('from') ?? 0), Number(option('cases') ?? kind.cases));
    else await run.only(seed, Number(only));
    faults += run.faults;
  }
  say(`${faults} faults`);
  process.exit(faults > 0 ? 1 : 0);
}

if (process.argv[1]?.endsWith('fuzz.cjs')) void main();
