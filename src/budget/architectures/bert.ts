/** Encoders: BERT, RoBERTa, ELECTRA, DeBERTa and DistilBERT. */

import { MAX_WIDTH, readCount, text } from '../../peftConfig/configValues';
import type { Head, HeadKind } from '../head';
import { NO_HEAD, taskHead } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { bare, conv, embedding, layerNorm, linear, linears, tied } from '../rows';
import type { Architecture } from './architecture';
import { alike, architecture, intermediateOrFourfold, labels, layers, on, size, vocabulary } from './architecture';
import { BERT_FORWARD } from './forwardFacts';

interface Encoder {
  /** Names of the query, key and value projections. */
  readonly projections?: readonly string[];
  readonly embeddings?: (shape: ModelShape) => readonly Row[];
  readonly hasPooler?: (head: HeadKind) => boolean;
  /** Further rows of a block's attention, and rows beside the layers. */
  readonly inBlock?: (shape: ModelShape) => readonly Row[];
  readonly beside?: (shape: ModelShape) => readonly Row[];
}

export function wordEmbeddings(shape: ModelShape, width = shape.hiddenSize): Row[] {
  return [
    embedding('embeddings.word_embeddings', vocabulary(shape), width),
    embedding('embeddings.position_embeddings', size(shape, 'max_position_embeddings'), width),
    embedding('embeddings.token_type_embeddings', size(shape, 'type_vocab_size'), width),
    layerNorm('embeddings.LayerNorm', width),
  ];
}

export function encoder({ projections = ['query', 'key', 'value'], ...parts }: Encoder) {
  return (shape: ModelShape, head: HeadKind): Section[] => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      {
        path: '',
        rows: [
          ...(parts.embeddings ?? wordEmbeddings)(shape),
          ...(parts.beside?.(shape) ?? []),
          ...(parts.hasPooler?.(head) ? [linear('pooler.dense', h, h, true)] : []),
        ],
      },
      layers('encoder.layer', shape, [
        ...linears(
          projections.map((name) => `attention.self.${name}`),
          h,
          h,
          true,
        ),
        ...(parts.inBlock?.(shape) ?? []),
        linear('attention.output.dense', h, h, true),
        layerNorm('attention.output.LayerNorm', h),
        linear('intermediate.dense', h, f, true),
        linear('output.dense', f, h, true),
        layerNorm('output.LayerNorm', h),
      ]),
    ];
  };
}

const TARGETS = ['query', 'key', 'value', 'attention.output.dense', 'intermediate.dense', 'output.dense'];
const DEFAULTS = { max_position_embeddings: 512, type_vocab_size: 2 };

/** The output layer. Its weight may be the embedding's, and its bias that of the module around it. */
export function decoder(shape: ModelShape, name: string, biasOf: string | null, width = shape.hiddenSize): Row[] {
  const output = linear(name, width, vocabulary(shape), true);
  const row = shape.tiedEmbeddings ? { ...tied(output), tiedBias: biasOf !== null } : output;
  return biasOf === null ? [row] : [bare(biasOf, ['bias', [vocabulary(shape)]]), row];
}

/** The heads that all encoders share. `classifier` gives the rows of the sequence classifier. */
export function encoderHead(classifier: (shape: ModelShape) => readonly Row[], languageModel: LanguageModel) {
  return (shape: ModelShape, kind: HeadKind): Head | null => {
    const { hiddenSize: h } = shape;
    switch (kind) {
      case 'none':
        return NO_HEAD;
      case 'sequenceClassification':
        return taskHead(classifier(shape), 'classifier', 'score');
      case 'tokenClassification':
        return taskHead([linear('classifier', h, labels(shape), true)], 'classifier', 'score');
      case 'questionAnswering':
        return taskHead([linear('qa_outputs', h, labels(shape), true)], 'qa_outputs');
      default:
        return languageModel(shape, kind);
    }
  };
}

type LanguageModel = (shape: ModelShape, kind: HeadKind) => Head | null;

export const plainClassifier = (shape: ModelShape): Row[] => [
  linear('classifier', shape.hiddenSize, labels(shape), true),
];
const denseClassifier = (shape: ModelShape): Row[] => [
  linear('classifier.dense', shape.hiddenSize, shape.hiddenSize, true),
  linear('classifier.out_proj', shape.hiddenSize, labels(shape), true),
];
export const multipleChoice = (shape: ModelShape, ...before: Row[]): Head => ({
  rows: [...before, linear('classifier', shape.hiddenSize, 1, true)],
  outputEmbedding: null,
  taskHeads: [],
});

export const predictions: LanguageModel = (shape, kind) => {
  const { hiddenSize: h, config, modelType } = shape;
  const nextSentence = linear('cls.seq_relationship', h, 2, true);
  if (kind === 'nextSentence') return { rows: [nextSentence], outputEmbedding: null, taskHeads: [] };
  if (kind === 'multipleChoice') return multipleChoice(shape);
  if (kind !== 'maskedLanguageModel' && kind !== 'languageModel' && kind !== 'preTraining') return null;
  const width = modelType === 'deberta-v2' ? (readCount(config, ['embedding_size'], MAX_WIDTH) ?? h) : h;
  const rows = [
    linear('cls.predictions.transform.dense', h, width, true),
    layerNorm('cls.predictions.transform.LayerNorm', width),
    ...decoder(shape, 'cls.predictions.decoder', 'cls.predictions', width),
    ...(kind === 'preTraining' ? [nextSentence] : []),
  ];
  return { rows, outputEmbedding: 'cls.predictions.decoder', taskHeads: [] };
};

const POOLED: readonly HeadKind[] = ['none', 'sequenceClassification', 'multipleChoice', 'nextSentence', 'preTraining'];

const bert = architecture({
  modelTypes: ['bert'],
  peftTargets: {
    LORA: 'query value',
    IA3: 'key value output.dense',
    IA3_FEEDFORWARD: 'output.dense',
    ADALORA: 'query value',
    BEFT: 'value',
  },
  forward: BERT_FORWARD,
  defaults: DEFAULTS,
  targets: () => TARGETS,
  baseModel: 'bert',
  usualHead: 'none',
  sections: encoder({ hasPooler: (head) => POOLED.includes(head) }),
  head: encoderHead(plainClassifier, predictions),
});

export const robertaHead = encoderHead(denseClassifier, (shape, kind) => {
  const { hiddenSize: h } = shape;
  if (kind === 'multipleChoice') return multipleChoice(shape);
  if (kind !== 'maskedLanguageModel' && kind !== 'languageModel') return null;
  const rows = [
    linear('lm_head.dense', h, h, true),
    layerNorm('lm_head.layer_norm', h),
    ...decoder(shape, 'lm_head.decoder', 'lm_head'),
  ];
  return { rows, outputEmbedding: 'lm_head.decoder', taskHeads: [] };
});

const roberta = architecture({
  modelTypes: ['roberta'],
  peftTargets: {
    LORA: 'query value',
    IA3: 'key value output.dense',
    IA3_FEEDFORWARD: 'output.dense',
    ADALORA: 'query key value dense',
    VBLORA: 'query value',
    BEFT: 'value',
  },
  forward: BERT_FORWARD,
  defaults: DEFAULTS,
  targets: () => TARGETS,
  baseModel: 'roberta',
  usualHead: 'none',
  sections: encoder({ hasPooler: (head) => head === 'none' || head === 'multipleChoice' }),
  head: robertaHead,
});
const xlmRoberta = alike(roberta, ['xlm-roberta'], { peftTargets: { LORA: 'query value' } });
const camembert = alike(roberta, ['camembert'], { peftTargets: {} });

/** The embeddings may be narrower than the model. */
const electra = architecture({
  modelTypes: ['electra'],
  peftTargets: { LORA: 'query value' },
  forward: BERT_FORWARD,
  defaults: { ...DEFAULTS, embedding_size: 128 },
  targets: () => TARGETS,
  baseModel: 'electra',
  usualHead: 'none',
  sections: encoder({
    embeddings: (shape) => {
      const width = size(shape, 'embedding_size');
      const project = width === shape.hiddenSize ? [] : [linear('embeddings_project', width, shape.hiddenSize, true)];
      return [...wordEmbeddings(shape, width), ...project];
    },
  }),
  head: encoderHead(denseClassifier, (shape, kind) => {
    const { hiddenSize: h } = shape;
    const width = size(shape, 'embedding_size');
    if (kind === 'multipleChoice') return multipleChoice(shape, linear('sequence_summary.summary', h, h, true));
    if (kind === 'preTraining') {
      const rows = [
        linear('discriminator_predictions.dense', h, h, true),
        linear('discriminator_predictions.dense_prediction', h, 1, true),
      ];
      return { rows, outputEmbedding: null, taskHeads: [] };
    }
    if (kind !== 'maskedLanguageModel' && kind !== 'languageModel') return null;
    const rows = [
      layerNorm('generator_predictions.LayerNorm', width),
      linear('generator_predictions.dense', h, width, true),
      ...decoder(shape, 'generator_lm_head', null, width),
    ];
    return { rows, outputEmbedding: 'generator_lm_head', taskHeads: [] };
  }),
});

/** How positions enter the attention, 'p2c' and 'c2p': a list, or one string separated by bars. */
function positionTypes({ config }: ModelShape): readonly unknown[] {
  const value = config['pos_att_type'];
  return Array.isArray(value) ? value : (text(config, 'pos_att_type') ?? '').toLowerCase().split('|');
}

const debertaV2 = architecture({
  modelTypes: ['deberta-v2'],
  peftTargets: {
    LORA: 'query_proj value_proj',
    IA3: 'key_proj value_proj output.dense',
    IA3_FEEDFORWARD: 'output.dense',
    ADALORA: 'query_proj key_proj value_proj dense',
    BEFT: 'value_proj',
  },
  forward: { ...BERT_FORWARD, kernels: ['eager'] },
  defaults: { max_position_embeddings: 512, position_biased_input: true },
  targets: () => ['query_proj', 'key_proj', 'value_proj', ...TARGETS.slice(3)],
  baseModel: 'deberta',
  usualHead: 'none',
  sections: (shape, head) => {
    const sections = encoder({
      projections: ['query_proj', 'key_proj', 'value_proj'],
      embeddings: debertaEmbeddings,
      inBlock: (each) => {
        const types = on(each, 'relative_attention') && !on(each, 'share_att_key') ? positionTypes(each) : [];
        return [
          ...(types.includes('c2p')
            ? [linear('attention.self.pos_key_proj', each.hiddenSize, each.hiddenSize, true)]
            : []),
          ...(types.includes('p2c')
            ? [linear('attention.self.pos_query_proj', each.hiddenSize, each.hiddenSize, true)]
            : []),
        ];
      },
      beside: besideDeberta,
    })(shape, head);
    return sections;
  },
  head: (shape, kind) => {
    const pooler = linear('pooler.dense', shape.hiddenSize, shape.hiddenSize, true);
    if (kind === 'multipleChoice') return multipleChoice(shape, pooler);
    return encoderHead((each) => [pooler, ...plainClassifier(each)], predictions)(shape, kind);
  },
});

function debertaEmbeddings(shape: ModelShape): Row[] {
  const { hiddenSize: h, config } = shape;
  const width = readCount(config, ['embedding_size'], MAX_WIDTH) ?? h;
  const types = config['type_vocab_size'];
  return [
    embedding('embeddings.word_embeddings', vocabulary(shape), width),
    ...(on(shape, 'position_biased_input')
      ? [embedding('embeddings.position_embeddings', size(shape, 'max_position_embeddings'), width)]
      : []),
    ...(typeof types === 'number' && types > 0
      ? [embedding('embeddings.token_type_embeddings', size(shape, 'type_vocab_size'), width)]
      : []),
    ...(width === h ? [] : [linear('embeddings.embed_proj', width, h)]),
    layerNorm('embeddings.LayerNorm', h),
  ];
}

function besideDeberta(shape: ModelShape): Row[] {
  const { hiddenSize: h, config } = shape;
  const rows: Row[] = [];
  if (on(shape, 'relative_attention')) {
    const buckets = config['position_buckets'];
    const relative = config['max_relative_positions'];
    const positions =
      typeof buckets === 'number' && buckets > 0
        ? size(shape, 'position_buckets')
        : typeof relative === 'number' && relative > 0
          ? size(shape, 'max_relative_positions')
          : size(shape, 'max_position_embeddings');
    rows.push(embedding('encoder.rel_embeddings', 2 * positions, h));
  }
  const norms = (text(config, 'norm_rel_ebd') ?? '').toLowerCase().split('|');
  if (norms.some((each) => each.trim() === 'layer_norm')) rows.push(layerNorm('encoder.LayerNorm', h));
  const kernel = config['conv_kernel_size'];
  if (typeof kernel === 'number' && kernel > 0) {
    rows.push(
      conv('encoder.conv.conv', h, h, [size(shape, 'conv_kernel_size')]),
      layerNorm('encoder.conv.LayerNorm', h),
    );
  }
  return rows;
}

const distilbert = architecture({
  modelTypes: ['distilbert'],
  forward: BERT_FORWARD,
  defaults: { max_position_embeddings: 512 },
  baseModel: 'distilbert',
  usualHead: 'none',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      {
        path: '',
        rows: [
          embedding('embeddings.word_embeddings', vocabulary(shape), h),
          embedding('embeddings.position_embeddings', size(shape, 'max_position_embeddings'), h),
          layerNorm('embeddings.LayerNorm', h),
        ],
      },
      layers('transformer.layer', shape, [
        ...linears(
          ['q_lin', 'k_lin', 'v_lin', 'out_lin'].map((name) => `attention.${name}`),
          h,
          h,
          true,
        ),
        layerNorm('sa_layer_norm', h),
        linear('ffn.lin1', h, f, true),
        linear('ffn.lin2', f, h, true),
        layerNorm('output_layer_norm', h),
      ]),
    ];
  },
  head: encoderHead(
    (shape) => [linear('pre_classifier', shape.hiddenSize, shape.hiddenSize, true), ...plainClassifier(shape)],
    (shape, kind) => {
      const { hiddenSize: h } = shape;
      if (kind === 'multipleChoice') return multipleChoice(shape, linear('pre_classifier', h, h, true));
      if (kind !== 'maskedLanguageModel') return null;
      const rows = [
        linear('vocab_transform', h, h, true),
        layerNorm('vocab_layer_norm', h),
        ...decoder(shape, 'vocab_projector', null),
      ];
      return { rows, outputEmbedding: 'vocab_projector', taskHeads: [] };
    },
  ),
});

export const ENCODER_FAMILY: readonly Architecture[] = [
  bert,
  roberta,
  xlmRoberta,
  camembert,
  electra,
  debertaV2,
  distilbert,
];
