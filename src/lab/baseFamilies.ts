/**
 * What the lab's base model can do before any adaptation: families of lines with their weights in its training. `?`
 * stands for one of four behaviours at random, so that the base cannot know which is meant.
 */

import type { Random } from '../tensor/random';
import { choose, chooseWeighted, drawLetters, drawSentence, writeSentence } from './draw';
import type { DrawLine, LabLine } from './line';
import type { Language } from './vocabulary';
import { DIGITS, ENGLISH, FRENCH, LETTERS, PAST_VERBS, tokenId } from './vocabulary';

interface BaseFamily {
  readonly name: string;
  readonly weight: number;
  readonly draw: DrawLine;
}

/** The addends of `add` are below this, so that the sum has two digits. */
const ADDENDS = 50;
/** The share of short inputs of `double`, whose answers are twice as long. */
const SHORT_DOUBLE_CHANCE = 1 / 3;

const copied = (input: readonly number[]): number[] => [...input];
export const reversed = (input: readonly number[]): number[] => [...input].reverse();
export const sorted = (input: readonly number[]): number[] => [...input].sort((a, b) => a - b);
const following = (input: readonly number[]): number[] =>
  input.map((letter) => LETTERS[(LETTERS.indexOf(letter) + 1) % LETTERS.length]!);
const doubled = (input: readonly number[]): number[] => input.flatMap((letter) => [letter, letter]);

/** The behaviours of `?`. */
const AMBIGUOUS = [copied, reversed, sorted, following];

export const BASE_FAMILIES: readonly BaseFamily[] = [
  letterFamily('copy', 1, copied),
  letterFamily('reverse', 2, reversed),
  letterFamily('sort', 3, sorted),
  letterFamily('next', 1, following),
  {
    name: 'double',
    weight: 1,
    draw: (random) => {
      const length = random() < SHORT_DOUBLE_CHANCE ? 3 : 4;
      const input = drawLetters(random, length, length);
      return { instruction: tokenId('double'), input, answer: doubled(input) };
    },
  },
  { name: 'past', weight: 1, draw: drawPast },
  { name: 'swap (English)', weight: 1.5, draw: (random) => drawSwap(ENGLISH, random) },
  { name: 'swap (French)', weight: 1.5, draw: (random) => drawSwap(FRENCH, random) },
  { name: 'copy (English)', weight: 0.5, draw: (random) => drawCopy(ENGLISH, random) },
  { name: 'copy (French)', weight: 0.5, draw: (random) => drawCopy(FRENCH, random) },
  { name: 'add', weight: 3, draw: drawSum },
];

const ALL_FAMILIES: readonly BaseFamily[] = [
  ...BASE_FAMILIES,
  {
    name: '?',
    weight: 1,
    draw: (random) => {
      const input = drawLetters(random);
      return { instruction: tokenId('?'), input, answer: choose(AMBIGUOUS, random)(input) };
    },
  },
];

/** A line of the base's training: a family by its weight, and a line of it. */
export const drawBaseLine: DrawLine = (random) => {
  const weights = ALL_FAMILIES.map(({ weight }) => weight);
  return ALL_FAMILIES[chooseWeighted(weights, random)]!.draw(random);
};

function letterFamily(name: string, weight: number, answer: (input: readonly number[]) => number[]): BaseFamily {
  const instruction = tokenId(name);
  return {
    name,
    weight,
    draw: (random) => {
      const input = drawLetters(random);
      return { instruction, input, answer: answer(input) };
    },
  };
}

function drawPast(random: Random): LabLine {
  const sentence = drawSentence(ENGLISH, random);
  return {
    instruction: tokenId('past'),
    input: writeSentence(sentence, ENGLISH, false),
    answer: writeSentence(sentence, { ...ENGLISH, verbs: PAST_VERBS }, false),
  };
}

function drawSwap(language: Language, random: Random): LabLine {
  const { subject, verb, object } = drawSentence(language, random);
  const write = (first: typeof subject, last: typeof subject): number[] =>
    writeSentence({ subject: first, verb, object: last }, language, language === FRENCH);
  return { instruction: tokenId('swap'), input: write(subject, object), answer: write(object, subject) };
}

function drawCopy(language: Language, random: Random): LabLine {
  const input = writeSentence(drawSentence(language, random), language, language === FRENCH);
  return { instruction: tokenId('copy'), input, answer: copied(input) };
}

function drawSum(random: Random): LabLine {
  const [a, b] = [Math.floor(random() * ADDENDS), Math.floor(random() * ADDENDS)];
  const digits = (value: number): number[] => [DIGITS[Math.floor(value / 10)]!, DIGITS[value % 10]!];
  const input = [...digits(a), tokenId('+'), ...digits(b)];
  return { instruction: tokenId('add'), input, answer: digits(a + b) };
}
