/** What a table of an architecture holds. */

import { ConfigError } from '../errors';
import type { Head, HeadKind } from '../head';
import { NO_HEAD } from '../head';
import type { RawConfig } from '../config';
import type { ModelShape } from '../modelShape';
import { isObject, MAX_WIDTH, readCount } from '../config';
import type { Row, Section } from '../rows';
import { linear, tied } from '../rows';

export interface Architecture {
  readonly modelTypes: readonly string[];
  /** Values of transformers' config class for keys that a config.json may leave out. */
  readonly defaults?: RawConfig;
  /** What PEFT's LoRA targets when target_modules is null; empty where PEFT has no mapping. */
  readonly defaultTargets: readonly string[];
  /** The linears of a block that a LoRA can be put on, as suffixes for target_modules. */
  readonly targets: (shape: ModelShape) => readonly string[];
  /** Attribute under which a class with a head holds the bare model. */
  readonly baseModel: string;
  /** The head of a config that names no class. */
  readonly usualHead: HeadKind;
  readonly sections: (shape: ModelShape, head: HeadKind) => readonly Section[];
  /** Null where this kind of head has no table. */
  readonly head: (shape: ModelShape, kind: HeadKind) => Head | null;
}

/** Heads of the decoder-only models: `lm_head`, and `score` for classification. */
export function decoderHead(options: { readonly bias?: boolean; readonly width?: (shape: ModelShape) => number } = {}) {
  return (shape: ModelShape, kind: HeadKind): Head | null => {
    const width = options.width?.(shape) ?? shape.hiddenSize;
    const lmHead = (): Row => linear('lm_head', width, vocabulary(shape), options.bias);
    if (kind === 'none') return NO_HEAD;
    if (kind === 'languageModel') {
      return { rows: [shape.tiedEmbeddings ? tied(lmHead()) : lmHead()], outputEmbedding: 'lm_head', taskHeads: [] };
    }
    if (kind === 'sequenceClassification') {
      return {
        rows: [linear('score', width, labels(shape))],
        outputEmbedding: null,
        taskHeads: ['classifier', 'score'],
      };
    }
    return null;
  };
}

/** Throws where the config has no vocabulary, which every text model has. */
export function vocabulary(shape: ModelShape): number {
  if (shape.vocabSize === null) throw new ConfigError('vocab_size', undefined, 'a whole number');
  return shape.vocabSize;
}

/** Throws where the config does not say it: gated MLPs have no usual multiple of the hidden size. */
export function intermediate(shape: ModelShape): number {
  if (shape.intermediateSize === null) throw new ConfigError('intermediate_size', undefined, 'a whole number');
  return shape.intermediateSize;
}

/** The older families' MLPs are four times the hidden size unless the config says otherwise. */
export function intermediateOrFourfold(shape: ModelShape): number {
  return shape.intermediateSize ?? 4 * shape.hiddenSize;
}

/** Number of classes of a classification head; transformers' default is 2. */
export function labels(shape: ModelShape): number {
  const names = shape.config['id2label'];
  if (isObject(names)) return Math.max(1, Object.keys(names).length);
  return readCount(shape.config, ['num_labels', '_num_labels'], MAX_WIDTH) ?? 2;
}
