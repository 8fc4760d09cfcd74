/** Decoders with gated MLPs and RMSNorm: Llama and its relatives. */

import { bare, embedding, linear, norm } from '../rows';
import type { Architecture } from './architecture';
import { alike, architecture, decoderHead, intermediate, layers, on, vocabulary } from './architecture';
import type { Variant } from './gatedDecoder';
import { attentionBias, FOUR_NORMS, fusedGateMlp, gatedDecoder, gatedMlp, headNorms, TWO_NORMS } from './gatedDecoder';
import { sizes } from './modelFacts';
import {
  GEMMA2_TARGETS,
  GEMMA_TARGETS,
  LLAMA_TARGETS,
  MISTRAL_TARGETS,
  PHI_TARGETS,
  QWEN_TARGETS,
} from './peftTargets';

const queryKeyValueBias = (): { qkv: boolean; output: boolean } => ({ qkv: true, output: false });

const UNTIED = { tie_word_embeddings: false };

const ALL_HEADS = { ...UNTIED, num_key_value_heads: null };
const LLAMA: Variant = { bias: attentionBias, mlpBias: true };
const llama = gatedDecoder(
  ['llama'],
  {
    ...LLAMA,
    facts: {
      peftTargets: LLAMA_TARGETS,
      adaptionTarget: 'self_attn',
      classSizes: sizes(4096, 11008, 32, 32, 32000),
    },
    namedTransformer: true,
  },
  ALL_HEADS,
);
const yi = gatedDecoder(['Yi', 'aquila'], LLAMA, ALL_HEADS);
const granite = gatedDecoder(['granite'], LLAMA, ALL_HEADS);
const smollm3 = gatedDecoder(['smollm3'], { ...LLAMA, namedTransformer: true }, { num_key_value_heads: 4 });
const mistral = gatedDecoder(
  ['mistral'],
  {
    facts: {
      peftTargets: MISTRAL_TARGETS,
      adaptionTarget: 'self_attn',
      classSizes: sizes(4096, 14336, 32, 32, 32000),
    },
  },
  { ...UNTIED, num_key_value_heads: 8 },
);
const ministral = gatedDecoder(['ministral'], { namedTransformer: true }, { ...UNTIED, num_key_value_heads: 8 });
const helium = gatedDecoder(
  ['helium'],
  { bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }), mlpBias: true, squareOutput: true },
  { ...UNTIED, num_key_value_heads: 20, head_dim: 128 },
);
const QWEN2_DEFAULTS = { ...UNTIED, num_key_value_heads: 32 };
const qwen2 = gatedDecoder(
  ['qwen2'],
  {
    facts: { peftTargets: QWEN_TARGETS, classSizes: sizes(4096, 22016, 32, 32, 151936) },
    namedTransformer: true,
    bias: queryKeyValueBias,
  },
  QWEN2_DEFAULTS,
);
const qwenOmni = gatedDecoder(
  ['qwen2_5_omni_text'],
  { bias: queryKeyValueBias, namedTransformer: true },
  QWEN2_DEFAULTS,
);
const qwen2Vl = gatedDecoder(
  ['qwen2_vl_text', 'qwen2_5_vl_text'],
  { facts: { classSizes: sizes(8192, 29568, 80, 64, 152064) }, bias: queryKeyValueBias },
  { ...UNTIED, num_key_value_heads: 8 },
);
const qwen3 = gatedDecoder(
  ['qwen3'],
  {
    facts: { peftTargets: QWEN_TARGETS, classSizes: sizes(4096, 22016, 32, 32, 151936) },
    namedTransformer: true,
    bias: attentionBias,
    inAttention: headNorms,
  },
  { ...UNTIED, num_key_value_heads: 32, head_dim: 128 },
);
/** PEFT lists no targets for the language model of Qwen3-VL. */
const qwen3Vl = alike(qwen3, ['qwen3_vl_text'], { peftTargets: {} });
const gemma = gatedDecoder(
  ['gemma'],
  { facts: { peftTargets: GEMMA_TARGETS, classSizes: sizes(3072, 24576, 28, 16, 256000) }, bias: attentionBias },
  { num_key_value_heads: 16, head_dim: 256 },
);
const gemma2 = gatedDecoder(
  ['gemma2'],
  {
    facts: {
      peftTargets: GEMMA2_TARGETS,
      classSizes: sizes(2304, 9216, 26, 8, 256000),
      forward: { slidingPattern: 2 },
    },
    bias: attentionBias,
    norms: () => FOUR_NORMS,
  },
  { num_key_value_heads: 4, head_dim: 256 },
);
const gemma3 = gatedDecoder(
  ['gemma3_text'],
  {
    facts: {
      peftTargets: GEMMA2_TARGETS,
      classSizes: sizes(2304, 9216, 26, 8, 262208),
      forward: { slidingPattern: 6 },
    },
    bias: attentionBias,
    norms: () => FOUR_NORMS,
    inAttention: headNorms,
  },
  { num_key_value_heads: 4, head_dim: 256 },
);
const glm = gatedDecoder(
  ['glm'],
  { bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }), mlp: fusedGateMlp },
  { ...UNTIED, num_key_value_heads: 2, head_dim: 128, attention_bias: true },
);
const glm4Variant: Variant = {
  bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }),
  mlp: fusedGateMlp,
  norms: () => [...TWO_NORMS, 'post_self_attn_layernorm', 'post_mlp_layernorm'],
};
const glm4 = gatedDecoder(['glm4'], glm4Variant, {
  ...UNTIED,
  num_key_value_heads: 2,
  head_dim: 128,
  attention_bias: true,
});
const glm4v = gatedDecoder(
  ['glm4v_text'],
  { ...glm4Variant, facts: { classSizes: sizes(4096, 13696, 40, 32, 151552) }, bias: queryKeyValueBias },
  { ...UNTIED, num_key_value_heads: 2 },
);
const stablelm = gatedDecoder(
  ['stablelm'],
  {
    facts: { peftTargets: { LORA: 'q_proj v_proj' } },
    bias: (shape) => ({ qkv: on(shape, 'use_qkv_bias'), output: false }),
    norms: (shape) => (on(shape, 'use_parallel_residual') ? ['input_layernorm'] : TWO_NORMS),
    normBias: true,
    inAttention: (shape) =>
      on(shape, 'qk_layernorm')
        ? [
            ...Array.from({ length: shape.numHeads }, (_, head) =>
              norm(`self_attn.q_layernorm.norms.${head}`, shape.headDim),
            ),
            ...Array.from({ length: shape.numKeyValueHeads }, (_, head) =>
              norm(`self_attn.k_layernorm.norms.${head}`, shape.headDim),
            ),
          ]
        : [],
  },
  { ...UNTIED, num_key_value_heads: 32 },
);
const stablelmEpoch = alike(stablelm, ['stablelm_epoch'], { peftTargets: {} });
const starcoder2 = gatedDecoder(
  ['starcoder2'],
  {
    bias: (shape) => ({ qkv: on(shape, 'use_bias'), output: on(shape, 'use_bias') }),
    mlp: (shape) => [
      linear('mlp.c_fc', shape.hiddenSize, intermediate(shape), on(shape, 'use_bias')),
      linear('mlp.c_proj', intermediate(shape), shape.hiddenSize, on(shape, 'use_bias')),
    ],
    normBias: true,
  },
  { num_key_value_heads: 2, use_bias: true },
);
const cohere = gatedDecoder(
  ['cohere', 'cohere2'],
  {
    facts: { forward: { slidingPattern: 4 } },
    bias: attentionBias,
    norms: () => ['input_layernorm'],
    inAttention: (shape) =>
      shape.modelType === 'cohere' && on(shape, 'use_qk_norm')
        ? [
            bare('self_attn.q_norm', ['weight', [shape.numHeads, shape.headDim]]),
            bare('self_attn.k_norm', ['weight', [shape.numKeyValueHeads, shape.headDim]]),
          ]
        : [],
  },
  { num_key_value_heads: null },
);
/** A plain MLP, one norm for both halves of a block, and biases everywhere. */
const phi = gatedDecoder(
  ['phi'],
  {
    facts: { peftTargets: PHI_TARGETS },
    bias: () => ({ qkv: true, output: true }),
    output: 'dense',
    mlp: (shape) => [
      linear('mlp.fc1', shape.hiddenSize, intermediate(shape), true),
      linear('mlp.fc2', intermediate(shape), shape.hiddenSize, true),
    ],
    norms: () => ['input_layernorm'],
    normBias: true,
    lastNorm: 'final_layernorm',
    headBias: () => true,
    inAttention: (shape) =>
      on(shape, 'qk_layernorm')
        ? [norm('self_attn.q_layernorm', shape.headDim, true), norm('self_attn.k_layernorm', shape.headDim, true)]
        : [],
  },
  { ...UNTIED, num_key_value_heads: null },
);
const olmo2 = gatedDecoder(
  ['olmo2'],
  {
    bias: attentionBias,
    norms: () => ['post_attention_layernorm', 'post_feedforward_layernorm'],
    inAttention: (shape) => [norm('self_attn.q_norm', shape.queryWidth), norm('self_attn.k_norm', shape.keyValueWidth)],
  },
  { ...UNTIED, num_key_value_heads: null },
);
/** The norms follow each half of a block instead of preceding it. */
const exaone4 = gatedDecoder(
  ['exaone4'],
  {
    namedTransformer: true,
    norms: () => ['post_attention_layernorm', 'post_feedforward_layernorm'],
    inAttention: headNorms,
  },
  { ...UNTIED, num_key_value_heads: 32 },
);
const ernie = gatedDecoder(
  ['ernie4_5'],
  {
    bias: (shape) => ({ qkv: on(shape, 'use_bias'), output: on(shape, 'use_bias') }),
    mlp: (shape) => gatedMlp('mlp', shape.hiddenSize, intermediate(shape), on(shape, 'use_bias')),
  },
  { num_key_value_heads: 2, head_dim: 128 },
);
const seedOss = gatedDecoder(
  ['seed_oss'],
  {
    namedTransformer: true,
    bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: on(shape, 'attention_out_bias') }),
    mlpBias: true,
  },
  { ...UNTIED, num_key_value_heads: 8, head_dim: 128, attention_bias: true },
);
const nemotron = gatedDecoder(
  ['nemotron'],
  {
    namedTransformer: true,
    bias: attentionBias,
    mlp: (shape) => [
      linear('mlp.up_proj', shape.hiddenSize, intermediate(shape), on(shape, 'mlp_bias')),
      linear('mlp.down_proj', intermediate(shape), shape.hiddenSize, on(shape, 'mlp_bias')),
    ],
    normBias: true,
  },
  { ...UNTIED, num_key_value_heads: null },
);
/** The norms have no weights. */
const olmo = gatedDecoder(
  ['olmo'],
  { bias: attentionBias, norms: () => [], lastNorm: '' },
  { ...UNTIED, num_key_value_heads: null },
);
/** One linear computes query, key and value, another gate and up. */
const phi3 = architecture({
  modelTypes: ['phi3'],
  defaults: { ...UNTIED, num_key_value_heads: null },
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => [
    {
      path: '',
      rows: [embedding('embed_tokens', vocabulary(shape), shape.hiddenSize), norm('norm', shape.hiddenSize)],
    },
    layers('layers', shape, [
      linear('self_attn.qkv_proj', shape.hiddenSize, shape.queryWidth + 2 * shape.keyValueWidth),
      linear('self_attn.o_proj', shape.queryWidth, shape.hiddenSize),
      ...fusedGateMlp(shape),
      ...TWO_NORMS.map((name) => norm(name, shape.hiddenSize)),
    ]),
  ],
  head: decoderHead(),
});

export const LLAMA_FAMILY: readonly Architecture[] = [
  llama,
  yi,
  granite,
  smollm3,
  mistral,
  ministral,
  helium,
  qwen2,
  qwenOmni,
  qwen2Vl,
  qwen3,
  qwen3Vl,
  gemma,
  gemma2,
  gemma3,
  glm,
  glm4,
  glm4v,
  stablelm,
  stablelmEpoch,
  starcoder2,
  cohere,
  phi,
  phi3,
  olmo,
  olmo2,
  exaone4,
  ernie,
  seedOss,
  nemotron,
];
