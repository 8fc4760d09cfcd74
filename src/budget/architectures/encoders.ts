/** More encoders: ModernBERT, MPNet, ALBERT and the first DeBERTa. */

import { MAX_LAYERS, requireCount } from '../../peftConfig/configValues';
import type { Head, HeadKind } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row } from '../rows';
import { bare, embedding, layerNorm, linear, linears, norm, onlyAt } from '../rows';
import type { Architecture } from './architecture';
import {
  architecture,
  intermediate,
  intermediateOrFourfold,
  labels,
  layers,
  on,
  size,
  vocabulary,
} from './architecture';
import { decoder, encoder, encoderHead, multipleChoice, plainClassifier, predictions, robertaHead } from './bert';
import { wordEmbeddings } from './bert';

/** The embeddings end with a norm, so the first layer has none before its attention. */
const modernBert = architecture({
  modelTypes: ['modernbert'],
  defaults: { tie_word_embeddings: true, decoder_bias: true },
  targets: () => ['Wqkv', 'attn.Wo', 'Wi', 'mlp.Wo'],
  baseModel: 'model',
  usualHead: 'none',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediate(shape);
    const [attentionBias, mlpBias, normBias] = ['attention_bias', 'mlp_bias', 'norm_bias'].map((key) => on(shape, key));
    return [
      {
        path: '',
        rows: [
          embedding('embeddings.tok_embeddings', vocabulary(shape), h),
          norm('embeddings.norm', h, normBias),
          norm('final_norm', h, normBias),
        ],
      },
      layers('layers', shape, [
        ...onlyAt((layer) => layer > 0, [norm('attn_norm', h, normBias)]),
        linear('attn.Wqkv', h, 3 * h, attentionBias),
        linear('attn.Wo', h, h, attentionBias),
        norm('mlp_norm', h, normBias),
        linear('mlp.Wi', h, 2 * f, mlpBias),
        linear('mlp.Wo', f, h, mlpBias),
      ]),
    ];
  },
  head: modernBertHead,
});

function modernBertHead(shape: ModelShape, kind: HeadKind): Head | null {
  const { hiddenSize: h } = shape;
  const before = [
    linear('head.dense', h, h, on(shape, 'classifier_bias')),
    norm('head.norm', h, on(shape, 'norm_bias')),
  ];
  const classifier = (outputs: number, ...taskHeads: string[]): Head => ({
    rows: [...before, linear('classifier', h, outputs, true)],
    outputEmbedding: null,
    taskHeads,
  });
  switch (kind) {
    case 'none':
      return { rows: [], outputEmbedding: null, taskHeads: [] };
    case 'sequenceClassification':
    case 'tokenClassification':
      return classifier(labels(shape), 'classifier', 'score');
    case 'questionAnswering':
      return classifier(labels(shape));
    case 'multipleChoice':
      return classifier(1);
    case 'maskedLanguageModel': {
      const output = linear('decoder', h, vocabulary(shape), on(shape, 'decoder_bias'));
      const rows = [...before, shape.tiedEmbeddings ? { ...output, tied: true } : output];
      return { rows, outputEmbedding: 'decoder', taskHeads: [] };
    }
    default:
      return null;
  }
}

const mpnet = architecture({
  modelTypes: ['mpnet'],
  defaults: { max_position_embeddings: 512, relative_attention_num_buckets: 32 },
  targets: () => ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'intermediate.dense', 'output.dense'],
  baseModel: 'mpnet',
  usualHead: 'none',
  sections: (shape, head) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      {
        path: '',
        rows: [
          embedding('embeddings.word_embeddings', vocabulary(shape), h),
          embedding('embeddings.position_embeddings', size(shape, 'max_position_embeddings'), h),
          layerNorm('embeddings.LayerNorm', h),
          embedding('encoder.relative_attention_bias', size(shape, 'relative_attention_num_buckets'), shape.numHeads),
          ...(head === 'none' || head === 'multipleChoice' ? [linear('pooler.dense', h, h, true)] : []),
        ],
      },
      layers('encoder.layer', shape, [
        ...linears(
          ['q', 'k', 'v', 'o'].map((name) => `attention.attn.${name}`),
          h,
          h,
          true,
        ),
        layerNorm('attention.LayerNorm', h),
        linear('intermediate.dense', h, f, true),
        linear('output.dense', f, h, true),
        layerNorm('output.LayerNorm', h),
      ]),
    ];
  },
  head: robertaHead,
});

/** Layers in a group; ALBERT has one. */
const MAX_INNER = 64;

/** Groups of layers are repeated, so the depth adds no parameters. */
const albert = architecture({
  modelTypes: ['albert'],
  defaults: {
    max_position_embeddings: 512,
    type_vocab_size: 2,
    embedding_size: 128,
    num_hidden_groups: 1,
    inner_group_num: 1,
  },
  targets: () => ['query', 'key', 'value', 'attention.dense', 'ffn', 'ffn_output'],
  baseModel: 'albert',
  usualHead: 'none',
  sections: (shape, head) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    const width = size(shape, 'embedding_size');
    const inner = requireCount(shape.config, ['inner_group_num'], MAX_INNER);
    const layer = (index: number): Row[] => {
      const path = `albert_layers.${index}`;
      return [
        layerNorm(`${path}.full_layer_layer_norm`, h),
        ...linears(
          ['query', 'key', 'value', 'dense'].map((name) => `${path}.attention.${name}`),
          h,
          h,
          true,
        ),
        layerNorm(`${path}.attention.LayerNorm`, h),
        linear(`${path}.ffn`, h, f, true),
        linear(`${path}.ffn_output`, f, h, true),
      ];
    };
    const pooled: readonly HeadKind[] = ['none', 'sequenceClassification', 'multipleChoice', 'preTraining'];
    return [
      {
        path: '',
        rows: [
          ...wordEmbeddings(shape, width),
          linear('encoder.embedding_hidden_mapping_in', width, h, true),
          ...(pooled.includes(head) ? [linear('pooler', h, h, true)] : []),
        ],
      },
      {
        path: 'encoder.albert_layer_groups',
        repeat: requireCount(shape.config, ['num_hidden_groups'], MAX_LAYERS),
        rows: Array.from({ length: inner }, (_, index) => layer(index)).flat(),
      },
    ];
  },
  head: encoderHead(plainClassifier, (shape, kind) => {
    const { hiddenSize: h } = shape;
    const width = size(shape, 'embedding_size');
    if (kind === 'multipleChoice') return multipleChoice(shape);
    if (kind !== 'maskedLanguageModel' && kind !== 'preTraining') return null;
    const rows = [
      layerNorm('predictions.LayerNorm', width),
      linear('predictions.dense', h, width, true),
      ...decoder(shape, 'predictions.decoder', 'predictions', width),
      ...(kind === 'preTraining' ? [linear('sop_classifier.classifier', h, labels(shape), true)] : []),
    ];
    return { rows, outputEmbedding: 'predictions.decoder', taskHeads: [] };
  }),
});

/** One linear holds query, key and value; the biases of two of them are separate tensors. */
const deberta = architecture({
  modelTypes: ['deberta'],
  peftTargets: {
    LORA: 'in_proj',
    IA3: 'in_proj output.dense',
    IA3_FEEDFORWARD: 'output.dense',
    ADALORA: 'in_proj',
  },
  defaults: { max_position_embeddings: 512, type_vocab_size: 0, position_biased_input: true },
  targets: () => ['in_proj', 'attention.output.dense', 'intermediate.dense', 'output.dense'],
  baseModel: 'deberta',
  usualHead: 'none',
  sections: (shape, head) => {
    const { hiddenSize: h, config } = shape;
    const types = config['type_vocab_size'];
    const relative = on(shape, 'relative_attention');
    const kinds = Array.isArray(config['pos_att_type']) ? (config['pos_att_type'] as unknown[]) : [];
    const span = typeof config['max_relative_positions'] === 'number' ? config['max_relative_positions'] : -1;
    const positions = span > 0 ? span : size(shape, 'max_position_embeddings');
    const sections = encoder({
      projections: [],
      embeddings: () => [
        embedding('embeddings.word_embeddings', vocabulary(shape), h),
        ...(on(shape, 'position_biased_input')
          ? [embedding('embeddings.position_embeddings', size(shape, 'max_position_embeddings'), h)]
          : []),
        ...(typeof types === 'number' && types > 0
          ? [embedding('embeddings.token_type_embeddings', size(shape, 'type_vocab_size'), h)]
          : []),
        layerNorm('embeddings.LayerNorm', h),
      ],
      beside: () => (relative ? [embedding('encoder.rel_embeddings', 2 * positions, h)] : []),
      inBlock: () => [
        bare('attention.self', ['q_bias', [h]], ['v_bias', [h]]),
        linear('attention.self.in_proj', h, 3 * h),
        ...(relative && kinds.includes('c2p') ? [linear('attention.self.pos_proj', h, h)] : []),
        ...(relative && kinds.includes('p2c') ? [linear('attention.self.pos_q_proj', h, h, true)] : []),
      ],
    })(shape, head);
    return sections;
  },
  head: encoderHead(
    (shape) => [linear('pooler.dense', shape.hiddenSize, shape.hiddenSize, true), ...plainClassifier(shape)],
    predictions,
  ),
});

export const MORE_ENCODERS: readonly Architecture[] = [modernBert, mpnet, albert, deberta];
