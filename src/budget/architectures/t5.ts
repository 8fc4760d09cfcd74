/** Encoder-decoders: T5 and mT5. */

import type { Head, HeadKind } from '../head';
import { NO_HEAD, taskHead } from '../head';
import type { ModelShape } from '../modelShape';
import { MAX_LAYERS, MAX_WIDTH, readCount, requireCount, text } from '../../peftConfig/configValues';
import type { Row, Section } from '../rows';
import { embedding, linear, linears, norm, onlyAt, tied } from '../rows';
import type { Architecture } from './architecture';
import { architecture, intermediate, labels, layers, vocabulary } from './architecture';
import type { PeftTargets } from './peftTargets';

/** The MLP has one input projection, or two if it is gated (v1.1, Flan, mT5). */
function inputProjections({ config }: ModelShape): string[] {
  return text(config, 'feed_forward_proj')?.startsWith('gated') ? ['wi_0', 'wi_1'] : ['wi'];
}

function attention(shape: ModelShape, path: string): Row[] {
  const { hiddenSize: h, queryWidth: q } = shape;
  return [
    ...linears(
      ['q', 'k', 'v'].map((name) => `${path}.${name}`),
      h,
      q,
    ),
    linear(`${path}.o`, q, h),
  ];
}

function block(shape: ModelShape, stack: 'encoder' | 'decoder'): Row[] {
  const { hiddenSize: h, numHeads } = shape;
  const f = intermediate(shape);
  const mlp = stack === 'encoder' ? 'layer.1' : 'layer.2';
  const buckets = requireCount(shape.config, ['relative_attention_num_buckets'], MAX_WIDTH);
  const position = embedding('layer.0.SelfAttention.relative_attention_bias', buckets, numHeads);
  return [
    ...attention(shape, 'layer.0.SelfAttention'),
    ...onlyAt((layer) => layer === 0, [position]),
    norm('layer.0.layer_norm', h),
    ...(stack === 'decoder' ? [...attention(shape, 'layer.1.EncDecAttention'), norm('layer.1.layer_norm', h)] : []),
    ...linears(
      inputProjections(shape).map((name) => `${mlp}.DenseReluDense.${name}`),
      h,
      f,
    ),
    linear(`${mlp}.DenseReluDense.wo`, f, h),
    norm(`${mlp}.layer_norm`, h),
  ];
}

function stack(shape: ModelShape, path: 'encoder' | 'decoder', depth: number): Section[] {
  const outside = [
    tied(embedding('embed_tokens', vocabulary(shape), shape.hiddenSize)),
    norm('final_layer_norm', shape.hiddenSize),
  ];
  return [{ path, rows: outside }, layers(`${path}.block`, shape, block(shape, path), depth)];
}

const ENCODER_ONLY: readonly HeadKind[] = ['encoder', 'tokenClassification'];

function sections(shape: ModelShape, head: HeadKind): Section[] {
  const depth = readCount(shape.config, ['num_decoder_layers'], MAX_LAYERS) ?? shape.numLayers;
  return [
    { path: '', rows: [embedding('shared', vocabulary(shape), shape.hiddenSize)] },
    ...stack(shape, 'encoder', shape.numLayers),
    ...(ENCODER_ONLY.includes(head) ? [] : stack(shape, 'decoder', depth)),
  ];
}

function head(shape: ModelShape, kind: HeadKind): Head | null {
  const { hiddenSize: h } = shape;
  switch (kind) {
    case 'none':
    case 'encoder':
      return NO_HEAD;
    // transformers 5 ties the output layer regardless of the config.
    case 'languageModel':
      return { rows: [tied(linear('lm_head', h, vocabulary(shape)))], outputEmbedding: 'lm_head', taskHeads: [] };
    case 'sequenceClassification':
      return taskHead(
        [
          linear('classification_head.dense', h, h, true),
          linear('classification_head.out_proj', h, labels(shape), true),
        ],
        'classifier',
        'score',
      );
    case 'tokenClassification':
      return taskHead([linear('classifier', h, labels(shape), true)], 'classifier', 'score');
    case 'questionAnswering':
      return taskHead([linear('qa_outputs', h, labels(shape), true)], 'qa_outputs');
    default:
      return null;
  }
}

const CLASSIFIERS: readonly HeadKind[] = ['sequenceClassification', 'tokenClassification'];
const DEFAULTS = { is_encoder_decoder: true, d_kv: 64, relative_attention_num_buckets: 32 };

const T5_TARGETS: PeftTargets = { LORA: 'q v', LN_TUNING: 'layer_norm final_layer_norm', BEFT: 'v' };

function table(modelType: string, feedForward: string, targets: PeftTargets): Architecture {
  return architecture({
    modelTypes: [modelType],
    peftTargets: { ...T5_TARGETS, ...targets },
    forward: { rotary: false, nativeSoftmax: true, kernels: ['sdpa', 'eager'], dropout: 0.1 },
    versionNote: untiedInVersion4,
    defaults: { ...DEFAULTS, feed_forward_proj: feedForward },
    targets: (shape) => ['q', 'k', 'v', 'o', ...inputProjections(shape), 'wo'],
    baseModel: (kind) => (CLASSIFIERS.includes(kind) ? 'transformer' : ''),
    usualHead: 'languageModel',
    sections,
    head,
  });
}

function untiedInVersion4({ config, whole }: ModelShape): string | null {
  const untied = [config, whole].some((each) => each['tie_word_embeddings'] === false);
  return untied
    ? 'transformers 5 always ties the output layer of T5; version 4 counts it once more for this config.'
    : null;
}

export const T5_FAMILY: readonly Architecture[] = [
  table('t5', 'relu', { IA3: 'k v wo', IA3_FEEDFORWARD: 'wo', ADALORA: 'q k v o wi wo' }),
  table('mt5', 'gated-gelu', { IA3: 'k v wi_1', IA3_FEEDFORWARD: '', ADALORA: 'q k v o wi_0 wi_1 wo' }),
];
