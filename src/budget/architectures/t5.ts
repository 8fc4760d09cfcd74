/** Encoder-decoders: T5 and mT5. */

import { NO_HEAD } from '../head';
import type { ModelShape } from '../modelShape';
import { MAX_LAYERS, MAX_WIDTH, readCount, requireCount, text } from '../config';
import type { Row, Section } from '../rows';
import { embedding, linear, norm, tied } from '../rows';
import type { Architecture } from './architecture';
import { intermediate, vocabulary } from './architecture';

/** The MLP has one input projection, or two where it is gated (v1.1, Flan, mT5). */
function inputProjections({ config }: ModelShape): string[] {
  return text(config, 'feed_forward_proj')?.startsWith('gated') ? ['wi_0', 'wi_1'] : ['wi'];
}

function attention(shape: ModelShape, path: string): Row[] {
  const { hiddenSize: h, queryWidth: q } = shape;
  return [...['q', 'k', 'v'].map((name) => linear(`${path}.${name}`, h, q)), linear(`${path}.o`, q, h)];
}

function block(shape: ModelShape, stack: 'encoder' | 'decoder'): Row[] {
  const { hiddenSize: h, numHeads } = shape;
  const f = intermediate(shape);
  const mlp = stack === 'encoder' ? 'layer.1' : 'layer.2';
  const buckets = requireCount(shape.config, ['relative_attention_num_buckets'], MAX_WIDTH);
  return [
    ...attention(shape, 'layer.0.SelfAttention'),
    { ...embedding('layer.0.SelfAttention.relative_attention_bias', buckets, numHeads), firstOnly: true },
    norm('layer.0.layer_norm', h),
    ...(stack === 'decoder' ? [...attention(shape, 'layer.1.EncDecAttention'), norm('layer.1.layer_norm', h)] : []),
    ...inputProjections(shape).map((name) => linear(`${mlp}.DenseReluDense.${name}`, h, f)),
    linear(`${mlp}.DenseReluDense.wo`, f, h),
    norm(`${mlp}.layer_norm`, h),
  ];
}

function stack(shape: ModelShape, path: 'encoder' | 'decoder', depth: number): Section[] {
  const outside = [
    tied(embedding('embed_tokens', vocabulary(shape), shape.hiddenSize)),
    norm('final_layer_norm', shape.hiddenSize),
  ];
  return [
    { path, rows: outside },
    { path: `${path}.block`, repeat: depth, rows: block(shape, path) },
  ];
}

export const t5: Architecture = {
  modelTypes: ['t5', 'mt5'],
  defaults: { is_encoder_decoder: true, d_kv: 64, relative_attention_num_buckets: 32 },
  defaultTargets: ['q', 'v'],
  targets: (shape) => ['q', 'k', 'v', 'o', ...inputProjections(shape), 'wo'],
  baseModel: '',
  usualHead: 'languageModel',
  sections: (shape) => [
    { path: '', rows: [embedding('shared', vocabulary(shape), shape.hiddenSize)] },
    ...stack(shape, 'encoder', shape.numLayers),
    ...stack(shape, 'decoder', readCount(shape.config, ['num_decoder_layers'], MAX_LAYERS) ?? shape.numLayers),
  ],
  // transformers 5 ties the output layer whatever the config says.
  head: (shape, kind) => {
    if (kind === 'none') return NO_HEAD;
    if (kind !== 'languageModel') return null;
    return {
      rows: [tied(linear('lm_head', shape.hiddenSize, vocabulary(shape)))],
      outputEmbedding: 'lm_head',
      taskHeads: [],
    };
  },
};
