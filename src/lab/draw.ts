/** Random choices of the line generators. */

import type { Random } from '../tensor/random';
import type { Language } from './vocabulary';
import { LETTERS } from './vocabulary';

const ADJECTIVE_CHANCE = 0.6;

export function choose<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!;
}

/** An index of the weights, with a probability in proportion to its weight. */
export function chooseWeighted(weights: readonly number[], random: Random): number {
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (rest -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}

export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

/** Letters with repetitions, of a length from `least` to `most`. */
export function drawLetters(random: Random, least = 3, most = 6): number[] {
  const length = least + Math.floor(random() * (most - least + 1));
  return Array.from({ length }, () => choose(LETTERS, random));
}

/** Positions of words in a language, by their part of speech, so that a phrase can be written in either. */
interface NounPhrase {
  readonly determiner: number;
  /** `null` for a phrase without one. */
  readonly adjective: number | null;
  readonly noun: number;
}

interface Sentence {
  readonly subject: NounPhrase;
  readonly verb: number;
  readonly object: NounPhrase;
}

export function drawSentence(language: Language, random: Random): Sentence {
  const position = (words: readonly number[]): number => Math.floor(random() * words.length);
  const phrase = (): NounPhrase => ({
    determiner: position(language.determiners),
    adjective: random() < ADJECTIVE_CHANCE ? position(language.adjectives) : null,
    noun: position(language.nouns),
  });
  return { subject: phrase(), verb: position(language.verbs), object: phrase() };
}

/** @param adjectiveLast whether the adjective follows the noun, as in French. */
export function writeSentence(sentence: Sentence, language: Language, adjectiveLast: boolean): number[] {
  const phrase = ({ determiner, adjective, noun }: NounPhrase): number[] => {
    const middle = adjective === null ? [] : [language.adjectives[adjective]!];
    const end = [language.nouns[noun]!];
    return [language.determiners[determiner]!, ...(adjectiveLast ? [...end, ...middle] : [...middle, ...end])];
  };
  const { subject, verb, object } = sentence;
  return [...phrase(subject), language.verbs[verb]!, ...phrase(object)];
}
