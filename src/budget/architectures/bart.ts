/** Encoder-decoders with BART's structure: BART, mBART and Whisper. */

import { MAX_LAYERS, MAX_WIDTH, readCount } from '../../peftConfig/configValues';
import type { Head, HeadKind } from '../head';
import { NO_HEAD, taskHead } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { bare, conv, embedding, layerNorm, linear, linears, tied } from '../rows';
import type { Architecture } from './architecture';
import { architecture, intermediateOrFourfold, labels, layers, on, size, vocabulary } from './architecture';
import { BERT_FORWARD } from './forwardFacts';
import type { ModelFacts } from './modelFacts';

interface Build {
  /** Whether keys are projected with a bias. */
  readonly keyBias: boolean;
}

function attention(path: string, width: number, { keyBias }: Build): Row[] {
  return [
    linear(`${path}.k_proj`, width, width, keyBias),
    ...linears(
      ['v_proj', 'q_proj', 'out_proj'].map((name) => `${path}.${name}`),
      width,
      width,
      true,
    ),
    layerNorm(`${path}_layer_norm`, width),
  ];
}

function stack(shape: ModelShape, path: 'encoder' | 'decoder', build: Build, outside: readonly Row[]): Section[] {
  const { hiddenSize: h, config } = shape;
  const depth = readCount(config, [`${path}_layers`], MAX_LAYERS) ?? shape.numLayers;
  const f = readCount(config, [`${path}_ffn_dim`], MAX_WIDTH) ?? intermediateOrFourfold(shape);
  const rows = [
    ...attention('self_attn', h, build),
    ...(path === 'decoder' ? attention('encoder_attn', h, build) : []),
    linear('fc1', h, f, true),
    linear('fc2', f, h, true),
    layerNorm('final_layer_norm', h),
  ];
  return [{ path, rows: outside }, layers(`${path}.layers`, shape, rows, depth)];
}

interface Outside {
  /** Offset of the learned positions; `null` if the positions are fixed and not parameters. */
  readonly offset: number | null;
  /** Norms after the embeddings, and after the last layer. */
  readonly embeddingNorm: boolean;
  readonly lastNorm: boolean;
}

/** BART's positions start at an offset of 2. mBART ends each stack with a norm, BART does not. */
function bartSections({ offset, embeddingNorm, lastNorm }: Outside) {
  return (shape: ModelShape, head: HeadKind): Section[] => {
    const { hiddenSize: h, tiedEmbeddings } = shape;
    const words = embedding('embed_tokens', vocabulary(shape), h);
    const outside = (shared: boolean): Row[] => [
      shared && tiedEmbeddings ? tied(words) : words,
      ...(offset === null ? [] : [embedding('embed_positions', size(shape, 'max_position_embeddings') + offset, h)]),
      ...(embeddingNorm ? [layerNorm('layernorm_embedding', h)] : []),
      ...(lastNorm ? [layerNorm('layer_norm', h)] : []),
    ];
    const build = { keyBias: true };
    if (head === 'decoder') return stack(shape, 'decoder', build, outside(false));
    return [
      { path: '', rows: [embedding('shared', vocabulary(shape), h)] },
      ...stack(shape, 'encoder', build, outside(true)),
      ...stack(shape, 'decoder', build, outside(true)),
    ];
  };
}

function bartHead(shape: ModelShape, kind: HeadKind): Head | null {
  const { hiddenSize: h, modelType } = shape;
  switch (kind) {
    case 'none':
      return NO_HEAD;
    case 'languageModel':
    case 'decoder': {
      const output = linear('lm_head', h, vocabulary(shape));
      return { rows: [shape.tiedEmbeddings ? tied(output) : output], outputEmbedding: 'lm_head', taskHeads: [] };
    }
    case 'sequenceClassification':
      return taskHead(
        [
          linear('classification_head.dense', h, h, true),
          linear(
            'classification_head.out_proj',
            h,
            labels(shape, modelType === 'bart' ? BART_LABELS : undefined),
            true,
          ),
        ],
        'classifier',
        'score',
      );
    case 'questionAnswering':
      return taskHead([linear('qa_outputs', h, 2, true)], 'qa_outputs');
    default:
      return null;
  }
}

/** Classes if the config names none: BART's config class has the three of MNLI. */
const BART_LABELS = 3;

function bartTable(
  modelType: string,
  outside: Outside,
  facts: Pick<ModelFacts, 'peftTargets' | 'forward'> = {},
): Architecture {
  return architecture({
    ...facts,
    // The class of the decoder alone is named like a causal language model.
    headsByEnd: { ForCausalLM: 'decoder', MTModel: 'languageModel' },
    modelTypes: [modelType],
    defaults: { is_encoder_decoder: true, max_position_embeddings: 1024 },
    baseModel: 'model',
    usualHead: 'languageModel',
    sections: bartSections(outside),
    head: bartHead,
  });
}

/** The mel spectrogram enters through two convolutions. The encoder's positions are fixed, but stored as parameters. */
const whisper = architecture({
  modelTypes: ['whisper'],
  withoutTokens: true,
  headsByEnd: { ForCausalLM: 'decoder' },
  forward: { rotary: false },
  defaults: {
    is_encoder_decoder: true,
    num_mel_bins: 80,
    max_source_positions: 1500,
    max_target_positions: 448,
    classifier_proj_size: 256,
  },
  baseModel: (kind) => (kind === 'audioClassification' ? '' : 'model'),
  usualHead: 'languageModel',
  sections: (shape, head) => {
    const { hiddenSize: h } = shape;
    const build = { keyBias: false };
    const encoder = stack(shape, 'encoder', build, [
      conv('conv1', size(shape, 'num_mel_bins'), h, [3]),
      conv('conv2', h, h, [3]),
      embedding('embed_positions', size(shape, 'max_source_positions'), h),
      layerNorm('layer_norm', h),
    ]);
    if (head === 'audioClassification') return encoder;
    const decoder = stack(shape, 'decoder', build, [
      embedding('embed_tokens', vocabulary(shape), h),
      embedding('embed_positions', size(shape, 'max_target_positions'), h),
      layerNorm('layer_norm', h),
    ]);
    return head === 'decoder' ? decoder : [...encoder, ...decoder];
  },
  head: (shape, kind) => {
    const { hiddenSize: h } = shape;
    if (kind === 'none') return NO_HEAD;
    if (kind === 'languageModel' || kind === 'decoder') {
      const output = linear('proj_out', h, vocabulary(shape));
      return { rows: [shape.tiedEmbeddings ? tied(output) : output], outputEmbedding: 'proj_out', taskHeads: [] };
    }
    if (kind !== 'audioClassification') return null;
    const width = size(shape, 'classifier_proj_size');
    const rows = [
      ...(on(shape, 'use_weighted_layer_sum') ? [bare('', ['layer_weights', [shape.numLayers + 1]])] : []),
      linear('projector', h, width, true),
      linear('classifier', width, labels(shape), true),
    ];
    return { rows, outputEmbedding: null, taskHeads: [] };
  },
});

export const BART_FAMILY: readonly Architecture[] = [
  bartTable(
    'bart',
    { offset: 2, embeddingNorm: true, lastNorm: false },
    {
      peftTargets: {
        LORA: 'q_proj v_proj',
        IA3: 'q_proj v_proj fc2',
        IA3_FEEDFORWARD: 'fc2',
        ADALORA: 'q_proj k_proj v_proj out_proj fc1 fc2',
        LN_TUNING: 'self_attn_layer_norm encoder_attn_layer_norm final_layer_norm',
        BEFT: 'v_proj',
      },
      forward: BERT_FORWARD,
    },
  ),
  bartTable('mbart', { offset: 2, embeddingNorm: true, lastNorm: true }),
  bartTable('pegasus', { offset: 0, embeddingNorm: false, lastNorm: true }),
  bartTable('marian', { offset: 0, embeddingNorm: false, lastNorm: false }),
  bartTable('blenderbot', { offset: 0, embeddingNorm: false, lastNorm: true }),
  bartTable('m2m_100', { offset: null, embeddingNorm: false, lastNorm: true }),
  whisper,
];
