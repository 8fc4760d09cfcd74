/** A line that the lab's model reads and completes, and how lines become training data. */

import { IGNORED_LABEL } from '../model/batch';
import type { TokensAndLabels } from '../model/evaluateModel';
import type { Random } from '../tensor/random';
import { BOS, EQUALS, STOP } from './vocabulary';

export interface LabLine {
  readonly instruction: number;
  readonly input: readonly number[];
  /** The final "." is left out. */
  readonly answer: readonly number[];
}

/** Draws one line. */
export type DrawLine = (random: Random) => LabLine;

/** One input in this many is kept from all training, of the base and of every task, so that tests are new to it. */
const HELD_OUT_ONE_IN = 10;

/** What the model reads before it answers: `<bos> instruction input =`. */
export function promptOf({ instruction, input }: Pick<LabLine, 'instruction' | 'input'>): number[] {
  return [BOS, instruction, ...input, EQUALS];
}

/** The lines with a label for each token of the answer and for the '.' after it. */
export function trainingData(lines: readonly LabLine[]): TokensAndLabels {
  const tokens = lines.map((line) => [...promptOf(line), ...line.answer, STOP]);
  const labels = lines.map((line, i) => {
    const first = promptOf(line).length;
    return tokens[i]!.map((token, at) => (at < first ? IGNORED_LABEL : token));
  });
  return { tokens, labels };
}

/** Whether an input is for tests only, by its hash (FNV-1a), whatever the instruction. */
export function isHeldOut({ input }: Pick<LabLine, 'input'>): boolean {
  let hash = 0x811c9dc5;
  for (const token of input) hash = Math.imul(hash ^ token, 0x01000193);
  // The low bits of the product depend on few bits of the tokens, so that the high bits are mixed in.
  return ((hash ^ (hash >>> 15)) >>> 0) % HELD_OUT_ONE_IN === 0;
}

/** A line whose input may be trained on. */
export function drawTrained(draw: DrawLine, random: Random): LabLine {
  for (;;) {
    const line = draw(random);
    if (!isHeldOut(line)) return line;
  }
}
