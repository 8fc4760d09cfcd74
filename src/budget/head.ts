/** What stands on top of the bare model, by the class that the config names. */

import type { Row } from './rows';

export type HeadKind =
  | 'none'
  | 'languageModel'
  | 'maskedLanguageModel'
  | 'sequenceClassification'
  | 'tokenClassification'
  | 'questionAnswering'
  | 'other';

export interface Head {
  readonly rows: readonly Row[];
  readonly outputEmbedding: string | null;
  readonly taskHeads: readonly string[];
}

export const NO_HEAD: Head = { rows: [], outputEmbedding: null, taskHeads: [] };

const SUFFIXES: readonly (readonly [RegExp, HeadKind])[] = [
  [/(ForCausalLM|LMHeadModel|ForConditionalGeneration)$/, 'languageModel'],
  [/ForMaskedLM$/, 'maskedLanguageModel'],
  [/ForSequenceClassification$/, 'sequenceClassification'],
  [/ForTokenClassification$/, 'tokenClassification'],
  [/ForQuestionAnswering$/, 'questionAnswering'],
  [/For[A-Z]\w*$/, 'other'],
  [/Model$/, 'none'],
];

/** `usual` is meant where the config names no class. */
export function headKindOf(className: string | null, usual: HeadKind): HeadKind {
  if (className === null) return usual;
  return SUFFIXES.find(([suffix]) => suffix.test(className))?.[1] ?? 'other';
}
