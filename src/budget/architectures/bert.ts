/** Encoders: BERT and RoBERTa. */

import type { Head, HeadKind } from '../head';
import { NO_HEAD } from '../head';
import type { ModelShape } from '../modelShape';
import { MAX_WIDTH, requireCount } from '../config';
import type { Row, Section } from '../rows';
import { embedding, linear, norm, tied } from '../rows';
import type { Architecture } from './architecture';
import { intermediateOrFourfold, labels, vocabulary } from './architecture';

const layerNorm = (name: string, features: number): Row => norm(name, features, true);

function sections(hasPooler: (head: HeadKind) => boolean) {
  return (shape: ModelShape, head: HeadKind): Section[] => {
    const { hiddenSize: h, config } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      {
        path: '',
        rows: [
          embedding('embeddings.word_embeddings', vocabulary(shape), h),
          embedding('embeddings.position_embeddings', requireCount(config, ['max_position_embeddings'], MAX_WIDTH), h),
          embedding('embeddings.token_type_embeddings', requireCount(config, ['type_vocab_size'], MAX_WIDTH), h),
          layerNorm('embeddings.LayerNorm', h),
          ...(hasPooler(head) ? [linear('pooler.dense', h, h, true)] : []),
        ],
      },
      {
        path: 'encoder.layer',
        repeat: shape.numLayers,
        rows: [
          ...['query', 'key', 'value'].map((name) => linear(`attention.self.${name}`, h, h, true)),
          linear('attention.output.dense', h, h, true),
          layerNorm('attention.output.LayerNorm', h),
          linear('intermediate.dense', h, f, true),
          linear('output.dense', f, h, true),
          layerNorm('output.LayerNorm', h),
        ],
      },
    ];
  };
}

/** The heads that BERT and RoBERTa share; null for the ones they do not. */
function sharedHead(shape: ModelShape, kind: HeadKind): Head | null {
  const { hiddenSize: h } = shape;
  if (kind === 'none') return NO_HEAD;
  if (kind === 'tokenClassification') {
    return {
      rows: [linear('classifier', h, labels(shape), true)],
      outputEmbedding: null,
      taskHeads: ['classifier', 'score'],
    };
  }
  if (kind === 'questionAnswering') {
    return { rows: [linear('qa_outputs', h, 2, true)], outputEmbedding: null, taskHeads: ['qa_outputs'] };
  }
  return null;
}

const TARGETS = ['query', 'key', 'value', 'attention.output.dense', 'intermediate.dense', 'output.dense'];

const DEFAULTS = { max_position_embeddings: 512, type_vocab_size: 2 };

export const bert: Architecture = {
  modelTypes: ['bert'],
  defaults: DEFAULTS,
  defaultTargets: ['query', 'value'],
  targets: () => TARGETS,
  baseModel: 'bert',
  usualHead: 'none',
  sections: sections((head) => head === 'none' || head === 'sequenceClassification'),
  head: (shape, kind) => {
    const { hiddenSize: h } = shape;
    if (kind === 'sequenceClassification') {
      return {
        rows: [linear('classifier', h, labels(shape), true)],
        outputEmbedding: null,
        taskHeads: ['classifier', 'score'],
      };
    }
    if (kind !== 'maskedLanguageModel') return sharedHead(shape, kind);
    const decoder = linear('cls.predictions.decoder', h, vocabulary(shape), true);
    const rows = [
      linear('cls.predictions.transform.dense', h, h, true),
      layerNorm('cls.predictions.transform.LayerNorm', h),
      shape.tiedEmbeddings ? tied(decoder) : decoder,
    ];
    return { rows, outputEmbedding: 'cls.predictions.decoder', taskHeads: [] };
  },
};

export const roberta: Architecture = {
  ...bert,
  modelTypes: ['roberta', 'xlm-roberta'],
  baseModel: 'roberta',
  sections: sections((head) => head === 'none'),
  head: (shape, kind) => {
    const { hiddenSize: h } = shape;
    if (kind === 'sequenceClassification') {
      const rows = [linear('classifier.dense', h, h, true), linear('classifier.out_proj', h, labels(shape), true)];
      return { rows, outputEmbedding: null, taskHeads: ['classifier', 'score'] };
    }
    if (kind !== 'maskedLanguageModel') return sharedHead(shape, kind);
    const decoder = linear('lm_head.decoder', h, vocabulary(shape), true);
    const rows = [
      linear('lm_head.dense', h, h, true),
      layerNorm('lm_head.layer_norm', h),
      shape.tiedEmbeddings ? tied(decoder) : decoder,
    ];
    return { rows, outputEmbedding: 'lm_head.decoder', taskHeads: [] };
  },
};
