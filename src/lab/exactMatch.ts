/**
 * Exact match: the share of lines whose whole answer the model gives. The answer counts if every token of it is the most
 * probable one after the tokens before it. That is what greedy decoding would write, and it takes one forward pass.
 */

import { IGNORED_LABEL } from '../model/batch';
import type { LanguageModel } from '../model/languageModel';
import type { ModelTrainer } from '../model/trainModel';
import type { LabLine } from './line';
import { promptOf, trainingData } from './line';
import { STOP } from './vocabulary';

/** Lines of one forward pass, which bounds its memory. */
const LINES_AT_ONCE = 100;
/** The longest answer that is written. The longest of any task has nine tokens. */
const MOST_TOKENS = 16;

type Evaluated = Pick<ModelTrainer, 'batch'> & { readonly model: LanguageModel };

/** @returns a share from 0 to 1; NaN without lines. */
export function exactMatch(trainer: Evaluated, lines: readonly LabLine[]): number {
  let right = 0;
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
    const chunk = lines.slice(start, start + LINES_AT_ONCE);
    const batch = trainer.batch(trainingData(chunk));
    const predicted = trainer.model.predict(batch);
    let next = 0;
    for (const { answer } of chunk) {
      const end = next + answer.length + 1;
      let isRight = true;
      for (; next < end; next++) isRight &&= predicted[next] === batch.labels[next];
      if (isRight) right++;
    }
  }
  return right / lines.length;
}

/** The mean loss of all answers of the lines, every token with the same weight; NaN without lines. */
export function meanLoss(trainer: Evaluated, lines: readonly LabLine[]): number {
  let [sum, targets] = [0, 0];
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
    const batch = trainer.batch(trainingData(lines.slice(start, start + LINES_AT_ONCE)));
    const count = batch.labels.length;
    sum += trainer.model.lossOf(batch) * count;
    targets += count;
  }
  return sum / targets;
}

/** What the model writes after a prompt, one most probable token after the other, without the final '.'. */
export function answerTo(trainer: Evaluated, line: Pick<LabLine, 'instruction' | 'input'>): number[] {
  const prompt = promptOf(line);
  const answer: number[] = [];
  while (answer.length < MOST_TOKENS) {
    const known = [...prompt, ...answer];
    // The label of the token after the last makes the last row a target; its value does not matter.
    const tokens = [[...known, STOP]];
    const labels = [[...known.map(() => IGNORED_LABEL), STOP]];
    const [token] = trainer.model.predict(trainer.batch({ tokens, labels }));
    if (token === undefined || token === STOP) break;
    answer.push(token);
  }
  return answer;
}
