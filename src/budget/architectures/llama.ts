/** Decoders with gated MLPs and RMSNorm: Llama and its many relatives. */

import type { RawConfig } from '../config';
import type { ModelShape } from '../modelShape';
import { flag } from '../config';
import type { Row, Section } from '../rows';
import { embedding, linear, norm } from '../rows';
import type { Architecture } from './architecture';
import { decoderHead, intermediate, vocabulary } from './architecture';

interface Variant {
  /** Biases of the query, key and value projections, and of the output projection. */
  readonly bias?: (shape: ModelShape) => { readonly qkv: boolean; readonly output: boolean };
  readonly mlpBias?: (shape: ModelShape) => boolean;
  /** Norms of a block, by name; all are as wide as the model. */
  readonly norms?: readonly string[];
  /** Query and key are normed per head. */
  readonly headNorms?: boolean;
}

const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];
const FOUR_NORMS = [...TWO_NORMS, 'pre_feedforward_layernorm', 'post_feedforward_layernorm'];
const QV = ['q_proj', 'v_proj'];

function sections(variant: Variant) {
  return (shape: ModelShape): Section[] => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv } = shape;
    const f = intermediate(shape);
    const { qkv, output } = variant.bias?.(shape) ?? { qkv: false, output: false };
    const mlpBias = variant.mlpBias?.(shape) ?? false;
    const headNorms: Row[] = variant.headNorms
      ? [norm('self_attn.q_norm', shape.headDim), norm('self_attn.k_norm', shape.headDim)]
      : [];
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
      {
        path: 'layers',
        repeat: shape.numLayers,
        rows: [
          linear('self_attn.q_proj', h, q, qkv),
          linear('self_attn.k_proj', h, kv, qkv),
          linear('self_attn.v_proj', h, kv, qkv),
          linear('self_attn.o_proj', q, h, output),
          ...headNorms,
          linear('mlp.gate_proj', h, f, mlpBias),
          linear('mlp.up_proj', h, f, mlpBias),
          linear('mlp.down_proj', f, h, mlpBias),
          ...(variant.norms ?? TWO_NORMS).map((name) => norm(name, h)),
        ],
      },
    ];
  };
}

function gatedDecoder(
  modelTypes: readonly string[],
  variant: Variant,
  defaults: RawConfig,
  defaultTargets: readonly string[] = QV,
): Architecture {
  return {
    modelTypes,
    defaults,
    defaultTargets,
    targets: () => ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    baseModel: 'model',
    usualHead: 'languageModel',
    sections: sections(variant),
    head: decoderHead(),
  };
}

const attentionBias = ({ config }: ModelShape): { qkv: boolean; output: boolean } => {
  const bias = flag(config, 'attention_bias', false);
  return { qkv: bias, output: bias };
};

export const llama = gatedDecoder(
  ['llama'],
  { bias: attentionBias, mlpBias: ({ config }) => flag(config, 'mlp_bias', false) },
  {
    tie_word_embeddings: false,
    num_key_value_heads: null,
  },
);

export const mistral = gatedDecoder(['mistral'], {}, { tie_word_embeddings: false, num_key_value_heads: 8 });

export const qwen2 = gatedDecoder(
  ['qwen2'],
  { bias: () => ({ qkv: true, output: false }) },
  { tie_word_embeddings: false, num_key_value_heads: 32 },
);

export const qwen3 = gatedDecoder(
  ['qwen3'],
  { bias: attentionBias, headNorms: true },
  {
    tie_word_embeddings: false,
    num_key_value_heads: 32,
    head_dim: 128,
  },
);

export const gemma = gatedDecoder(['gemma'], { bias: attentionBias }, { num_key_value_heads: 16, head_dim: 256 });

export const gemma2 = gatedDecoder(
  ['gemma2'],
  { bias: attentionBias, norms: FOUR_NORMS },
  { num_key_value_heads: 4, head_dim: 256 },
);

export const gemma3 = gatedDecoder(
  ['gemma3_text'],
  { bias: attentionBias, norms: FOUR_NORMS, headNorms: true },
  {
    num_key_value_heads: 4,
    head_dim: 256,
  },
);

/** Projections fused: query, key and value in one linear, gate and up in another. */
export const phi3: Architecture = {
  modelTypes: ['phi3'],
  defaults: { tie_word_embeddings: false, num_key_value_heads: null },
  defaultTargets: [],
  targets: () => ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv } = shape;
    const f = intermediate(shape);
    const rows = [
      linear('self_attn.qkv_proj', h, q + 2 * kv),
      linear('self_attn.o_proj', q, h),
      linear('mlp.gate_up_proj', h, 2 * f),
      linear('mlp.down_proj', f, h),
      ...TWO_NORMS.map((name) => norm(name, h)),
    ];
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
      { path: 'layers', repeat: shape.numLayers, rows },
    ];
  },
  head: decoderHead(),
};
