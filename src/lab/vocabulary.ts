/**
 * The words that the lab's model knows, each of them one token. A line of text is an instruction, an input, '=' and the
 * answer, which '.' ends: `reverse a b c = c b a .`
 */

import { ArgumentError } from '../tensor/errors';

const LETTER_WORDS = words('a b c d e f g h i j k l m n o p q r s t');
const DIGIT_WORDS = words('0 1 2 3 4 5 6 7 8 9');

/** English and French words in the same order: each pair is a translation. */
const ENGLISH_WORDS = {
  determiners: words('the one'),
  adjectives: words('red black white sad'),
  nouns: words('cat dog horse rabbit fish duck'),
  verbs: words('sees likes eats finds'),
};
const FRENCH_WORDS = {
  determiners: words('le un'),
  adjectives: words('rouge noir blanc triste'),
  nouns: words('chat chien cheval lapin poisson canard'),
  verbs: words('voit aime mange trouve'),
};
/** The past of the English verbs, in their order. */
const PAST_WORDS = words('saw liked ate found');

/** All tokens; the index is the id. The base model never sees those of the fourth line. */
export const VOCABULARY: readonly string[] = [
  ...words('<pad> <bos> = .'),
  ...words('copy reverse sort next double past swap add'),
  '?',
  ...words('code codeA codeB codeC codeD french new1 new2'),
  ...LETTER_WORDS,
  ...DIGIT_WORDS,
  '+',
  ...Object.values(ENGLISH_WORDS).flat(),
  ...PAST_WORDS,
  ...Object.values(FRENCH_WORDS).flat(),
];

const IDS: ReadonlyMap<string, number> = new Map(VOCABULARY.map((word, id) => [word, id]));

export const PAD = tokenId('<pad>');
export const BOS = tokenId('<bos>');
export const EQUALS = tokenId('=');
export const STOP = tokenId('.');
export const LETTERS: readonly number[] = LETTER_WORDS.map(tokenId);
export const DIGITS: readonly number[] = DIGIT_WORDS.map(tokenId);

/** The tokens of a language by their part of speech. */
export type Language = Readonly<Record<keyof typeof ENGLISH_WORDS, readonly number[]>>;

export const ENGLISH: Language = idsOf(ENGLISH_WORDS);
export const FRENCH: Language = idsOf(FRENCH_WORDS);
export const PAST_VERBS: readonly number[] = PAST_WORDS.map(tokenId);

/** @throws ArgumentError for a word that is not in the vocabulary. */
export function tokenId(word: string): number {
  const id = IDS.get(word);
  if (id === undefined) throw new ArgumentError('the vocabulary of the lab', 'a word that it contains', `"${word}"`);
  return id;
}

/**
 * The tokens of a text. Spaces separate words; a word that the vocabulary lacks may be letters or digits written
 * together: 'abc' is 'a b c'.
 * @throws ArgumentError that names the unknown word.
 */
export function encode(text: string): number[] {
  return words(text).flatMap((word) => {
    const parts = [...word];
    const isTogether = !IDS.has(word) && parts.every((part) => IDS.has(part));
    return isTogether ? parts.map(tokenId) : [tokenId(word)];
  });
}

/** @throws ArgumentError for an id that the vocabulary does not have. */
export function decode(tokens: readonly number[]): string {
  return tokens
    .map((id) => {
      const word = VOCABULARY[id];
      if (word !== undefined) return word;
      throw new ArgumentError('decode', `token ids from 0 to ${VOCABULARY.length - 1}`, String(id));
    })
    .join(' ');
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function idsOf(language: typeof ENGLISH_WORDS): Language {
  const { determiners, adjectives, nouns, verbs } = language;
  return {
    determiners: determiners.map(tokenId),
    adjectives: adjectives.map(tokenId),
    nouns: nouns.map(tokenId),
    verbs: verbs.map(tokenId),
  };
}
