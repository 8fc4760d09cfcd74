/** The tasks that the base model adapts to. Each shows something else about the methods. */

import { ArgumentError } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import { reversed, sorted } from './baseFamilies';
import { choose, drawLetters, drawSentence, shuffle, writeSentence } from './draw';
import type { DrawLine } from './line';
import { ENGLISH, FRENCH, LETTERS, tokenId } from './vocabulary';

export interface LabTask {
  readonly name: string;
  readonly title: string;
  /** Steering selects a behaviour that the base has; a mapping is new to it. The learning rates differ. */
  readonly kind: 'mapping' | 'steering';
  readonly draw: DrawLine;
}

/** Every cipher comes from this seed, so that a task is the same in every run. */
const CIPHER_SEED = 7;
/** The letters of a line of the swaps: all have the same length, so that their difficulty is the number of swaps. */
const SWAP_LENGTH = 6;
const MOST_SWAPS = LETTERS.length / 2;

/** The names of the tasks; any number from 1 to 10 may stand in 'swap4'. */
export const TASK_NAMES: readonly string[] = ['steer', 'code1', 'code2', 'swap4', 'french', 'desc'];

/** @throws ArgumentError for a name that no task has. */
export function labTask(name: string): LabTask {
  const swaps = /^swap(\d{1,2})$/.exec(name);
  if (swaps) return swapTask(Number(swaps[1]));
  if (name === 'code1') return cipherTask(name, 'a letter cipher', ['codeA']);
  if (name === 'code2') return cipherTask(name, 'two letter ciphers', ['codeA', 'codeB']);
  const task = TASKS.find((each) => each.name === name);
  if (task) return task;
  throw new ArgumentError('labTask', `one of ${TASK_NAMES.join(', ')}`, `"${name.slice(0, 40)}"`);
}

const TASKS: readonly LabTask[] = [
  {
    name: 'steer',
    title: '? means reverse',
    kind: 'steering',
    draw: (random) => {
      const input = drawLetters(random);
      return { instruction: tokenId('?'), input, answer: reversed(input) };
    },
  },
  {
    name: 'french',
    title: 'English to French',
    kind: 'mapping',
    draw: (random) => {
      const sentence = drawSentence(ENGLISH, random);
      return {
        instruction: tokenId('french'),
        input: writeSentence(sentence, ENGLISH, false),
        answer: writeSentence(sentence, FRENCH, true),
      };
    },
  },
  {
    name: 'desc',
    title: 'sort means descending',
    kind: 'mapping',
    draw: (random) => {
      const input = drawLetters(random);
      return { instruction: tokenId('sort'), input, answer: sorted(input).reverse() };
    },
  },
];

/** Every letter becomes another one. Two ciphers are two sets of 20 facts, chosen by the instruction. */
function cipherTask(name: string, title: string, instructions: readonly string[]): LabTask {
  const random = seededRandom(CIPHER_SEED);
  const ciphers = instructions.map((word) => ({ instruction: tokenId(word), letters: derangement(random) }));
  return {
    name,
    title,
    kind: 'mapping',
    draw: (source) => {
      const { instruction, letters } = ciphers.length === 1 ? ciphers[0]! : choose(ciphers, source);
      const input = drawLetters(source);
      return { instruction, input, answer: input.map((letter) => letters.get(letter)!) };
    },
  };
}

/** Exchanges pairs of letters. A pair is one reflection, a change of rank 1 of the map from letters to letters. */
function swapTask(count: number): LabTask {
  if (count < 1 || count > MOST_SWAPS)
    throw new ArgumentError('labTask: swaps', `a number from 1 to ${MOST_SWAPS}`, String(count));
  const letters = shuffle(LETTERS, seededRandom(CIPHER_SEED));
  const partner = new Map(LETTERS.map((letter) => [letter, letter]));
  for (let pair = 0; pair < count; pair++) {
    const [a, b] = [letters[2 * pair]!, letters[2 * pair + 1]!];
    partner.set(a, b).set(b, a);
  }
  return {
    name: `swap${count}`,
    title: count === 1 ? 'one pair of letters exchanged' : `${count} pairs of letters exchanged`,
    kind: 'mapping',
    draw: (random) => {
      const input = drawLetters(random, SWAP_LENGTH, SWAP_LENGTH);
      return { instruction: tokenId('code'), input, answer: input.map((letter) => partner.get(letter)!) };
    },
  };
}

/** A random permutation without a fixed point. About one permutation in three has none, so the loop is short. */
function derangement(random: () => number): ReadonlyMap<number, number> {
  for (;;) {
    const images = shuffle(LETTERS, random);
    if (images.every((image, i) => image !== LETTERS[i])) return new Map(LETTERS.map((from, i) => [from, images[i]!]));
  }
}
