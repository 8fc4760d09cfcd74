/** Decoders with plain MLPs and LayerNorm: GPT-2 and what followed it. */

import type { ModelShape } from '../modelShape';
import { flag, MAX_WIDTH, readCount, requireCount } from '../config';
import type { Row, Section } from '../rows';
import { conv1d, embedding, linear, norm } from '../rows';
import type { Architecture } from './architecture';
import { decoderHead, intermediateOrFourfold, vocabulary } from './architecture';

const layerNorm = (name: string, features: number): Row => norm(name, features, true);

const layers = (path: string, shape: ModelShape, rows: readonly Row[]): Section => ({
  path,
  repeat: shape.numLayers,
  rows,
});

export const gpt2: Architecture = {
  modelTypes: ['gpt2'],
  defaults: { n_positions: 1024 },
  defaultTargets: ['c_attn'],
  targets: () => ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, config } = shape;
    const f = intermediateOrFourfold(shape);
    const positions = requireCount(config, ['n_positions', 'max_position_embeddings'], MAX_WIDTH * 16);
    return [
      {
        path: '',
        rows: [embedding('wte', vocabulary(shape), h), embedding('wpe', positions, h), layerNorm('ln_f', h)],
      },
      layers('h', shape, [
        layerNorm('ln_1', h),
        conv1d('attn.c_attn', h, 3 * h),
        conv1d('attn.c_proj', h, h),
        layerNorm('ln_2', h),
        conv1d('mlp.c_fc', h, f),
        conv1d('mlp.c_proj', f, h),
      ]),
    ];
  },
  head: decoderHead(),
};

export const gptNeo: Architecture = {
  modelTypes: ['gpt_neo'],
  defaults: { max_position_embeddings: 2048 },
  defaultTargets: ['q_proj', 'v_proj'],
  targets: () => ['q_proj', 'k_proj', 'v_proj', 'out_proj', 'c_fc', 'c_proj'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, config } = shape;
    const f = intermediateOrFourfold(shape);
    const positions = requireCount(config, ['max_position_embeddings'], MAX_WIDTH * 16);
    return [
      {
        path: '',
        rows: [embedding('wte', vocabulary(shape), h), embedding('wpe', positions, h), layerNorm('ln_f', h)],
      },
      layers('h', shape, [
        layerNorm('ln_1', h),
        ...['q_proj', 'k_proj', 'v_proj'].map((name) => linear(`attn.attention.${name}`, h, h)),
        linear('attn.attention.out_proj', h, h, true),
        layerNorm('ln_2', h),
        linear('mlp.c_fc', h, f, true),
        linear('mlp.c_proj', f, h, true),
      ]),
    ];
  },
  head: decoderHead(),
};

export const gptJ: Architecture = {
  modelTypes: ['gptj'],
  defaults: { tie_word_embeddings: false },
  defaultTargets: ['q_proj', 'v_proj'],
  targets: () => ['q_proj', 'k_proj', 'v_proj', 'out_proj', 'fc_in', 'fc_out'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      { path: '', rows: [embedding('wte', vocabulary(shape), h), layerNorm('ln_f', h)] },
      layers('h', shape, [
        layerNorm('ln_1', h),
        ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((name) => linear(`attn.${name}`, h, h)),
        linear('mlp.fc_in', h, f, true),
        linear('mlp.fc_out', f, h, true),
      ]),
    ];
  },
  head: decoderHead({ bias: true }),
};

/** GPT-NeoX (Pythia) and BLOOM fuse query, key and value in one linear of the same name. */
const fusedRows = (shape: ModelShape, attention: string): Row[] => {
  const { hiddenSize: h } = shape;
  const f = intermediateOrFourfold(shape);
  return [
    layerNorm('input_layernorm', h),
    layerNorm('post_attention_layernorm', h),
    linear(`${attention}.query_key_value`, h, 3 * h, true),
    linear(`${attention}.dense`, h, h, true),
    linear('mlp.dense_h_to_4h', h, f, true),
    linear('mlp.dense_4h_to_h', f, h, true),
  ];
};

const FUSED_TARGETS = ['query_key_value', 'dense', 'dense_h_to_4h', 'dense_4h_to_h'];

export const gptNeoX: Architecture = {
  modelTypes: ['gpt_neox'],
  defaults: { tie_word_embeddings: false },
  defaultTargets: ['query_key_value'],
  targets: () => FUSED_TARGETS,
  baseModel: 'gpt_neox',
  usualHead: 'languageModel',
  sections: (shape) => [
    {
      path: '',
      rows: [
        embedding('embed_in', vocabulary(shape), shape.hiddenSize),
        layerNorm('final_layer_norm', shape.hiddenSize),
      ],
    },
    layers('layers', shape, fusedRows(shape, 'attention')),
  ],
  head: decoderHead(),
};

export const bloom: Architecture = {
  modelTypes: ['bloom'],
  defaultTargets: ['query_key_value'],
  targets: () => FUSED_TARGETS,
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const outside = [
      embedding('word_embeddings', vocabulary(shape), h),
      layerNorm('word_embeddings_layernorm', h),
      layerNorm('ln_f', h),
    ];
    return [{ path: '', rows: outside }, layers('h', shape, fusedRows(shape, 'self_attention'))];
  },
  head: decoderHead(),
};

/** Embeddings may be narrower than the model (350M); the positions start at an offset of 2. */
export const opt: Architecture = {
  modelTypes: ['opt'],
  defaults: { max_position_embeddings: 2048 },
  defaultTargets: ['q_proj', 'v_proj'],
  targets: () => ['q_proj', 'k_proj', 'v_proj', 'out_proj', 'fc1', 'fc2'],
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, config } = shape;
    const width = embeddingWidth(shape);
    const f = intermediateOrFourfold(shape);
    const bias = flag(config, 'enable_bias', true);
    const affine = flag(config, 'layer_norm_elementwise_affine', true);
    const norms = (...names: string[]): Row[] => (affine ? names.map((name) => layerNorm(name, h)) : []);
    const finalNorm = flag(config, 'do_layer_norm_before', true) && !flag(config, '_remove_final_layer_norm', false);
    const positions = requireCount(config, ['max_position_embeddings'], MAX_WIDTH * 16) + 2;
    return [
      {
        path: 'decoder',
        rows: [
          embedding('embed_tokens', vocabulary(shape), width),
          embedding('embed_positions', positions, h),
          ...(width === h ? [] : [linear('project_out', h, width), linear('project_in', width, h)]),
          ...(finalNorm ? norms('final_layer_norm') : []),
        ],
      },
      layers('decoder.layers', shape, [
        ...['k_proj', 'v_proj', 'q_proj', 'out_proj'].map((name) => linear(`self_attn.${name}`, h, h, bias)),
        linear('fc1', h, f, bias),
        linear('fc2', f, h, bias),
        ...norms('self_attn_layer_norm', 'final_layer_norm'),
      ]),
    ];
  },
  head: decoderHead({ width: embeddingWidth }),
};

function embeddingWidth({ config, hiddenSize }: ModelShape): number {
  return readCount(config, ['word_embed_proj_dim'], MAX_WIDTH) ?? hiddenSize;
}
