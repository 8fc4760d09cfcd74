/** The head on top of the bare model, from the class that the config names. */

import type { Row } from './rows';

export type HeadKind =
  | 'none'
  | 'encoder'
  | 'languageModel'
  | 'decoder'
  | 'maskedLanguageModel'
  | 'preTraining'
  | 'nextSentence'
  | 'sequenceClassification'
  | 'tokenClassification'
  | 'questionAnswering'
  | 'multipleChoice'
  | 'imageClassification'
  | 'audioClassification'
  | 'projection'
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
  [/ForPreTraining$/, 'preTraining'],
  [/ForNextSentencePrediction$/, 'nextSentence'],
  [/ForSequenceClassification$/, 'sequenceClassification'],
  [/ForTokenClassification$/, 'tokenClassification'],
  [/ForQuestionAnswering$/, 'questionAnswering'],
  [/ForMultipleChoice$/, 'multipleChoice'],
  [/ForImageClassification$/, 'imageClassification'],
  [/ForAudioClassification$/, 'audioClassification'],
  [/ModelWithProjection$/, 'projection'],
  [/For[A-Z]\w*$/, 'other'],
  [/EncoderModel$/, 'encoder'],
  [/Model$/, 'none'],
];

export interface ClassNames {
  /** The head of a config that names no class. */
  readonly usualHead: HeadKind;
  /** Heads of classes whose names do not follow the usual scheme, by the suffix of the name. */
  readonly headsByEnd?: Readonly<Record<string, HeadKind>>;
}

export function headKindOf(className: string | null, { usualHead, headsByEnd = {} }: ClassNames): HeadKind {
  if (className === null) return usualHead;
  const own = Object.entries(headsByEnd).find(([end]) => className.endsWith(end));
  if (own) return own[1];
  return SUFFIXES.find(([suffix]) => suffix.test(className))?.[1] ?? 'other';
}

/** A head that PEFT trains in full. */
export function taskHead(rows: readonly Row[], ...taskHeads: readonly string[]): Head {
  return { rows, outputEmbedding: null, taskHeads };
}
