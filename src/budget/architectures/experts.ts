/**
 * Decoders with mixtures of experts, as transformers 5 builds them: the experts of a layer are two bare tensors,
 * (experts, out, in), and the router is a bare tensor too. transformers 4 has a linear for each expert.
 */

import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { bare, embedding, linear, norm, onlyAt } from '../rows';
import type { Architecture } from './architecture';
import { alike, architecture, decoderHead, intermediate, layers, on, size, vocabulary } from './architecture';
import { sizes } from './modelFacts';
import { MIXTRAL_TARGETS } from './peftTargets';
import type { Experts } from './gatedDecoder';
import { attentionBias, gatedDecoder, gatedMlp, headNorms } from './gatedDecoder';

const always = (): boolean => true;

export function fused(path: string, experts: number, width: number, hidden: number): Row {
  return bare(path, ['gate_up_proj', [experts, 2 * hidden, width]], ['down_proj', [experts, width, hidden]]);
}

export const router = (path: string, experts: number, width: number): Row => bare(path, ['weight', [experts, width]]);

export const expertCount = (shape: ModelShape): number =>
  size(shape, 'num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts');

/** A list of layer indices; empty if the config has none. */
export function layerList({ config }: ModelShape, key: string): readonly unknown[] {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return Array.isArray(value) ? value : [];
}

const UNTIED = { tie_word_embeddings: false };

const mixtralExperts = (shape: ModelShape): Experts => ({
  at: always,
  everywhere: true,
  rows: [
    router('mlp.gate', expertCount(shape), shape.hiddenSize),
    fused('mlp.experts', expertCount(shape), shape.hiddenSize, intermediate(shape)),
  ],
});

const mixtral = gatedDecoder(
  ['mixtral'],
  {
    facts: {
      peftTargets: MIXTRAL_TARGETS,
      classSizes: sizes(4096, 14336, 32, 32, 32000),
    },
    experts: mixtralExperts,
  },
  { ...UNTIED, num_key_value_heads: 8, num_local_experts: 8 },
);

/** Every `decoder_sparse_step`-th layer has experts, except those in `mlp_only_layers`. */
export function sparseLayers(shape: ModelShape): (layer: number) => boolean {
  const step = size(shape, 'decoder_sparse_step');
  const dense = layerList(shape, 'mlp_only_layers');
  return (layer) => !dense.includes(layer) && (layer + 1) % step === 0;
}

const QWEN_MOE_DEFAULTS = { ...UNTIED, decoder_sparse_step: 1 };

const qwen2Moe = gatedDecoder(
  ['qwen2_moe'],
  {
    bias: (shape) => ({ qkv: on(shape, 'qkv_bias'), output: false }),
    experts: (shape) => ({
      at: sparseLayers(shape),
      rows: [
        router('mlp.gate', expertCount(shape), shape.hiddenSize),
        fused('mlp.experts', expertCount(shape), shape.hiddenSize, size(shape, 'moe_intermediate_size')),
        ...gatedMlp('mlp.shared_expert', shape.hiddenSize, size(shape, 'shared_expert_intermediate_size')),
        linear('mlp.shared_expert_gate', shape.hiddenSize, 1),
      ],
    }),
  },
  {
    ...QWEN_MOE_DEFAULTS,
    num_key_value_heads: 16,
    num_experts: 60,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
    qkv_bias: true,
  },
);

/** PEFT does not rename the experts of Qwen3-VL. */
const qwen3VlMoe = gatedDecoder(
  ['qwen3_vl_moe_text'],
  {
    namedTransformer: true,
    bias: attentionBias,
    inAttention: headNorms,
    experts: (shape) => ({
      at: sparseLayers(shape),
      rows: [
        fused('mlp.experts', expertCount(shape), shape.hiddenSize, size(shape, 'moe_intermediate_size')),
        router('mlp.gate', expertCount(shape), shape.hiddenSize),
      ],
    }),
  },
  { ...QWEN_MOE_DEFAULTS, num_key_value_heads: 4, num_experts: 128, moe_intermediate_size: 768 },
);

const qwen3Moe = alike(qwen3VlMoe, ['qwen3_moe'], {});

const olmoe = gatedDecoder(
  ['olmoe'],
  {
    bias: attentionBias,
    // The norms ignore a head_dim that differs from hidden size / heads.
    inAttention: ({ hiddenSize, numHeads, numKeyValueHeads }) => [
      norm('self_attn.q_norm', hiddenSize),
      norm('self_attn.k_norm', Math.floor(hiddenSize / numHeads) * numKeyValueHeads),
    ],
    experts: mixtralExperts,
  },
  { ...UNTIED, num_key_value_heads: null, num_experts: 64 },
);

/** The first `first_k_dense_replace` layers are dense; the others have shared experts and routed ones. */
export function deepseekExperts(shape: ModelShape): Experts {
  const first = denseLayers(shape);
  const hidden = size(shape, 'moe_intermediate_size');
  return {
    at: (layer) => layer >= first,
    rows: [
      fused('mlp.experts', expertCount(shape), shape.hiddenSize, hidden),
      router('mlp.gate', expertCount(shape), shape.hiddenSize),
      ...gatedMlp('mlp.shared_experts', shape.hiddenSize, hidden * size(shape, 'n_shared_experts'), mlpBias(shape)),
    ],
  };
}

/** Only the second version of DeepSeek reads the key. */
function mlpBias(shape: ModelShape): boolean {
  return shape.modelType === 'deepseek_v2' && on(shape, 'mlp_bias');
}

function denseLayers({ config }: ModelShape): number {
  const value = config['first_k_dense_replace'];
  return typeof value === 'number' ? value : 0;
}

const glm4Moe = gatedDecoder(
  ['glm4_moe'],
  {
    bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }),
    inAttention: (shape) => (on(shape, 'use_qk_norm') ? headNorms(shape) : []),
    experts: deepseekExperts,
  },
  { ...UNTIED, num_key_value_heads: 8, n_routed_experts: 128, n_shared_experts: 1, first_k_dense_replace: 1 },
);

/** Multi-head latent attention: queries, keys and values through low-rank bottlenecks. */
export const latentAttention = {
  defaults: {
    ...UNTIED,
    num_key_value_heads: null,
    q_lora_rank: 1536,
    kv_lora_rank: 512,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
  },
  baseModel: 'model',
  usualHead: 'languageModel' as const,
  /** Rows of the attention and the norms of the block. */
  attention: (shape: ModelShape): Row[] => {
    const { hiddenSize: h, numHeads, config } = shape;
    const bias = on(shape, 'attention_bias');
    const rope = size(shape, 'qk_rope_head_dim');
    const nope = size(shape, 'qk_nope_head_dim');
    const value = size(shape, 'v_head_dim');
    const latent = size(shape, 'kv_lora_rank');
    const queries = numHeads * (nope + rope);
    const rank = config['q_lora_rank'] === null ? null : size(shape, 'q_lora_rank');
    return [
      ...(rank === null
        ? [linear('self_attn.q_proj', h, queries)]
        : [
            linear('self_attn.q_a_proj', h, rank, bias),
            norm('self_attn.q_a_layernorm', rank),
            linear('self_attn.q_b_proj', rank, queries),
          ]),
      linear('self_attn.kv_a_proj_with_mqa', h, latent + rope, bias),
      norm('self_attn.kv_a_layernorm', latent),
      linear('self_attn.kv_b_proj', latent, numHeads * (nope + value)),
      linear('self_attn.o_proj', numHeads * value, h, bias),
      norm('input_layernorm', h),
      norm('post_attention_layernorm', h),
    ];
  },
  sections: (shape: ModelShape): Section[] => {
    const { hiddenSize: h } = shape;
    const experts = deepseekExperts(shape);
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
      layers('layers', shape, [
        ...latentAttention.attention(shape),
        ...onlyAt((layer) => !experts.at(layer), gatedMlp('mlp', h, intermediate(shape), mlpBias(shape))),
        ...onlyAt(experts.at, experts.rows),
      ]),
    ];
  },
  head: decoderHead(),
};

/** A head of latent attention is as wide as its rotated part. These types ignore the `head_dim` of their configs. */
export const ROTATED_WIDTH: readonly string[] = ['qk_rope_head_dim'];

const deepseekV2 = architecture({
  ...latentAttention,
  modelTypes: ['deepseek_v2'],
  headDimKeys: ROTATED_WIDTH,
  defaults: {
    ...latentAttention.defaults,
    n_routed_experts: 64,
    n_shared_experts: 2,
    moe_intermediate_size: 1407,
    first_k_dense_replace: 0,
  },
});
const deepseekV3 = architecture({
  ...latentAttention,
  modelTypes: ['deepseek_v3'],
  defaults: {
    ...latentAttention.defaults,
    n_routed_experts: 256,
    n_shared_experts: 1,
    moe_intermediate_size: 2048,
    first_k_dense_replace: 3,
  },
});

/** Experts are stored as (experts, in, out) with biases. The attention has sinks. */
const gptOss = gatedDecoder(
  ['gpt_oss'],
  {
    facts: { forward: { kernels: ['flash', 'eager'], slidingPattern: 2 } },
    bias: attentionBias,
    inAttention: (shape) => [bare('self_attn', ['sinks', [shape.numHeads]])],
    experts: (shape) => {
      const count = expertCount(shape);
      const { hiddenSize: h } = shape;
      const f = intermediate(shape);
      const experts = bare(
        'mlp.experts',
        ['gate_up_proj', [count, h, 2 * f]],
        ['gate_up_proj_bias', [count, 2 * f]],
        ['down_proj', [count, f, h]],
        ['down_proj_bias', [count, h]],
      );
      const gate = bare('mlp.router', ['weight', [count, h]], ['bias', [count]]);
      return { at: always, everywhere: true, rows: [gate, { ...experts, transposed: true }] };
    },
  },
  { ...UNTIED, num_key_value_heads: 8, head_dim: 64, attention_bias: true, num_local_experts: 128 },
);

const granitemoe = gatedDecoder(
  ['granitemoe', 'granitemoeshared'],
  {
    bias: attentionBias,
    experts: (shape) => {
      const shared = shape.config['shared_intermediate_size'];
      return {
        at: always,
        everywhere: true,
        rows: [
          router('block_sparse_moe.router', expertCount(shape), shape.hiddenSize),
          fused('block_sparse_moe.experts', expertCount(shape), shape.hiddenSize, intermediate(shape)),
          ...(typeof shared === 'number' && shared > 0
            ? [
                linear('shared_mlp.input_linear', shape.hiddenSize, 2 * size(shape, 'shared_intermediate_size')),
                linear('shared_mlp.output_linear', size(shape, 'shared_intermediate_size'), shape.hiddenSize),
              ]
            : []),
        ],
      };
    },
  },
  { ...UNTIED, num_key_value_heads: null, num_local_experts: 8 },
);

const phimoe = gatedDecoder(
  ['phimoe'],
  {
    bias: attentionBias,
    normBias: true,
    experts: (shape) => ({
      at: always,
      everywhere: true,
      rows: [
        linear('mlp.router', shape.hiddenSize, expertCount(shape)),
        fused('mlp.experts', expertCount(shape), shape.hiddenSize, intermediate(shape)),
      ],
    }),
  },
  { ...UNTIED, num_key_value_heads: 8, num_local_experts: 16 },
);

/** Every `interleave_moe_layer_step`-th layer has experts, stored as (experts, in, out), and a shared expert. */
const llama4 = gatedDecoder(
  ['llama4_text'],
  {
    facts: { classSizes: sizes(5120, 8192, 48, 40, 202048) },
    bias: attentionBias,
    experts: (shape) => {
      const { hiddenSize: h } = shape;
      const f = intermediate(shape);
      const count = expertCount(shape);
      const step = size(shape, 'interleave_moe_layer_step');
      const listed = layerList(shape, 'moe_layers');
      return {
        at: (layer) => (listed.length > 0 ? listed.includes(layer) : (layer + 1) % step === 0),
        dense: gatedMlp('feed_forward', h, size(shape, 'intermediate_size_mlp')),
        rows: [
          bare('feed_forward.experts', ['gate_up_proj', [count, h, 2 * f]], ['down_proj', [count, f, h]]),
          linear('feed_forward.router', h, count),
          ...gatedMlp('feed_forward.shared_expert', h, f),
        ],
      };
    },
  },
  {
    ...UNTIED,
    num_key_value_heads: 8,
    head_dim: 128,
    num_local_experts: 16,
    interleave_moe_layer_step: 1,
    intermediate_size_mlp: 16384,
  },
);

export const EXPERT_FAMILY: readonly Architecture[] = [
  mixtral,
  qwen2Moe,
  qwen3Moe,
  qwen3VlMoe,
  olmoe,
  glm4Moe,
  deepseekV2,
  deepseekV3,
  gptOss,
  granitemoe,
  phimoe,
  llama4,
];
