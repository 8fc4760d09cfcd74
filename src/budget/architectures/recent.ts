/** Later decoders with Llama's structure: Ministral 3, OLMo 3, Apertus, Hunyuan, ERNIE, MiniMax and others. */

import type { ModelShape } from '../modelShape';
import { bare, linear, norm, onlyAt } from '../rows';
import type { Row } from '../rows';
import type { Architecture } from './architecture';
import { architecture, intermediate, layers, on, size, vocabulary, decoderHead } from './architecture';
import { embedding } from '../rows';
import { deepseekExperts, expertCount, fused, latentAttention, layerList, ROTATED_WIDTH, router } from './experts';
import type { ModelFacts } from './modelFacts';
import type { Experts } from './gatedDecoder';
import { attentionBias, gatedDecoder, gatedMlp, headNorms } from './gatedDecoder';

const UNTIED = { tie_word_embeddings: false };

/** An MLP without a gate. */
const plainMlp =
  (biased: boolean) =>
  (shape: ModelShape): Row[] => {
    const bias = biased && on(shape, 'mlp_bias');
    return [
      linear('mlp.up_proj', shape.hiddenSize, intermediate(shape), bias),
      linear('mlp.down_proj', intermediate(shape), shape.hiddenSize, bias),
    ];
  };

/** Norms of queries and keys over all heads at once. */
const wideNorms = (shape: ModelShape): Row[] => [
  norm('self_attn.q_norm', shape.queryWidth),
  norm('self_attn.k_norm', shape.keyValueWidth),
];

const ministral3 = gatedDecoder(
  ['ministral3'],
  { namedTransformer: true },
  { ...UNTIED, num_key_value_heads: 8, head_dim: 128 },
);
const cwm = gatedDecoder(['cwm'], { mlpBias: true }, { ...UNTIED, num_key_value_heads: 8, head_dim: 128 });
const olmo3 = gatedDecoder(
  ['olmo3'],
  {
    bias: attentionBias,
    norms: () => ['post_attention_layernorm', 'post_feedforward_layernorm'],
    inAttention: wideNorms,
  },
  { ...UNTIED, num_key_value_heads: null },
);
const vaultGemma = gatedDecoder(
  ['vaultgemma'],
  { bias: attentionBias, norms: () => ['input_layernorm', 'pre_feedforward_layernorm'] },
  { num_key_value_heads: 4, head_dim: 256 },
);
const bitnet = gatedDecoder(
  ['bitnet'],
  {
    bias: attentionBias,
    inAttention: ({ hiddenSize }) => [norm('self_attn.attn_sub_norm', hiddenSize)],
    mlp: (shape) => [
      ...gatedMlp('mlp', shape.hiddenSize, intermediate(shape)),
      norm('mlp.ffn_sub_norm', intermediate(shape)),
    ],
  },
  { ...UNTIED, num_key_value_heads: null },
);
const arcee = gatedDecoder(
  ['arcee'],
  { namedTransformer: true, bias: attentionBias, mlp: plainMlp(true) },
  { ...UNTIED, num_key_value_heads: null },
);
/** The activation function has parameters. */
const apertus = gatedDecoder(
  ['apertus'],
  {
    bias: attentionBias,
    inAttention: headNorms,
    mlp: (shape) => [...plainMlp(false)(shape), bare('mlp.act_fn', ['alpha_p', [1]], ['alpha_n', [1]])],
    norms: () => ['attention_layernorm', 'feedforward_layernorm'],
  },
  { ...UNTIED, num_key_value_heads: null },
);

const hunyuanNorms = ({ headDim }: ModelShape): Row[] => [
  norm('self_attn.query_layernorm', headDim),
  norm('self_attn.key_layernorm', headDim),
];
const hunyuan = gatedDecoder(
  ['hunyuan_v1_dense'],
  { bias: attentionBias, inAttention: hunyuanNorms },
  { ...UNTIED, num_key_value_heads: null },
);
const hunyuanMoe = gatedDecoder(
  ['hunyuan_v1_moe'],
  {
    bias: attentionBias,
    inAttention: hunyuanNorms,
    experts: (shape) => {
      const { hiddenSize: h } = shape;
      const f = intermediate(shape);
      const rows = [
        linear('mlp.gate.wg', h, expertCount(shape)),
        fused('mlp.experts', expertCount(shape), h, f),
        ...gatedMlp('mlp.shared_mlp', h, f),
      ];
      return { at: () => true, everywhere: true, rows };
    },
  },
  { ...UNTIED, num_key_value_heads: null, num_experts: 1 },
);

const minimaxM2 = gatedDecoder(
  ['minimax_m2'],
  {
    inAttention: wideNorms,
    experts: (shape) => ({
      at: () => true,
      everywhere: true,
      rows: [
        router('mlp.gate', expertCount(shape), shape.hiddenSize),
        fused('mlp.experts', expertCount(shape), shape.hiddenSize, intermediate(shape)),
      ],
    }),
  },
  { ...UNTIED, num_key_value_heads: 8, head_dim: 128, num_local_experts: 256 },
);

/** Every `moe_layer_interval`-th layer of a range has experts. The router's bias is a parameter here. */
const ernieMoe = gatedDecoder(
  ['ernie4_5_moe'],
  {
    bias: (shape) => ({ qkv: on(shape, 'use_bias'), output: on(shape, 'use_bias') }),
    mlp: (shape) => gatedMlp('mlp', shape.hiddenSize, intermediate(shape), on(shape, 'use_bias')),
    headBias: (shape) => on(shape, 'use_bias'),
    experts: (shape) => {
      const { hiddenSize: h, config } = shape;
      const bias = on(shape, 'use_bias');
      const count = expertCount(shape);
      const hidden = size(shape, 'moe_intermediate_size');
      const interval = size(shape, 'moe_layer_interval');
      const first = typeof config['moe_layer_start_index'] === 'number' ? config['moe_layer_start_index'] : 1;
      const given = config['moe_layer_end_index'];
      const last = typeof given === 'number' && given !== -1 ? given : shape.numLayers - 1;
      const shared = typeof config['moe_num_shared_experts'] === 'number' ? config['moe_num_shared_experts'] : 0;
      return {
        at: (layer) => (layer + 1) % interval === 0 && layer >= first && layer <= last,
        rows: [
          router('mlp.gate', count, h),
          bare('mlp.gate.moe_statics', ['e_score_correction_bias', [1, count]]),
          fused('mlp.experts', count, h, hidden),
          ...(shared > 0 ? gatedMlp('mlp.shared_experts', h, hidden * shared, bias) : []),
        ],
      };
    },
  },
  {
    num_key_value_heads: 4,
    moe_num_experts: 64,
    moe_intermediate_size: 1536,
    moe_num_shared_experts: 2,
    moe_layer_interval: 1,
    moe_layer_end_index: 27,
  },
);

/** The config lists 'sparse' or 'dense' for each layer. Without the list, all but the first few have experts. */
function listedExperts(shape: ModelShape, first: number, count: number, shared: number): Experts {
  const { hiddenSize: h } = shape;
  const listed = layerList(shape, 'mlp_layer_types');
  const hidden = size(shape, 'moe_intermediate_size');
  return {
    at: (layer) => (listed.length > 0 ? listed[layer] === 'sparse' : layer >= first),
    rows: [
      fused('mlp.experts', count, h, hidden),
      router('mlp.gate', count, h),
      ...gatedMlp('mlp.shared_experts', h, hidden * shared),
    ],
  };
}

const exaoneMoe = gatedDecoder(
  ['exaone_moe'],
  {
    inAttention: headNorms,
    experts: (shape) => {
      const first = shape.config['first_k_dense_replace'];
      const leading = typeof first === 'number' ? first : 1;
      return listedExperts(shape, leading, expertCount(shape), size(shape, 'num_shared_experts'));
    },
  },
  {
    ...UNTIED,
    num_key_value_heads: 32,
    num_experts: 64,
    num_shared_experts: 1,
    moe_intermediate_size: 1024,
    first_k_dense_replace: 1,
  },
);
const solarOpen = gatedDecoder(
  ['solar_open'],
  {
    bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }),
    experts: (shape) => ({ ...deepseekExperts(shape), at: () => true, everywhere: true }),
  },
  {
    ...UNTIED,
    num_key_value_heads: 8,
    head_dim: 128,
    n_routed_experts: 128,
    n_shared_experts: 1,
    moe_intermediate_size: 1280,
  },
);

/** Latent attention with listed expert layers and, optionally, DeepSeek 3.2's indexer, which selects the tokens. */
function latent(
  modelTypes: readonly string[],
  defaults: Record<string, unknown>,
  indexer: boolean,
  facts: Omit<ModelFacts, 'modelTypes'> = {},
): Architecture {
  return architecture({
    ...latentAttention,
    ...facts,
    modelTypes,
    defaults: { ...latentAttention.defaults, ...defaults },
    sections: (shape) => {
      const { hiddenSize: h } = shape;
      const first = shape.config['first_k_dense_replace'];
      const experts = listedExperts(
        shape,
        typeof first === 'number' ? first : 1,
        expertCount(shape),
        size(shape, 'n_shared_experts'),
      );
      const rank = shape.config['q_lora_rank'] === null ? null : size(shape, 'q_lora_rank');
      return [
        { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
        layers('layers', shape, [
          ...latentAttention.attention(shape),
          ...(indexer && rank !== null ? indexerRows(shape, rank) : []),
          ...onlyAt((layer) => !experts.at(layer), gatedMlp('mlp', h, intermediate(shape))),
          ...onlyAt(experts.at, experts.rows),
        ]),
      ];
    },
    head: decoderHead(),
  });
}

function indexerRows(shape: ModelShape, rank: number): Row[] {
  const heads = size(shape, 'index_n_heads');
  const width = size(shape, 'index_head_dim');
  return [
    linear('self_attn.indexer.wq_b', rank, heads * width),
    linear('self_attn.indexer.wk', shape.hiddenSize, width),
    norm('self_attn.indexer.k_norm', width, true),
    linear('self_attn.indexer.weights_proj', shape.hiddenSize, heads),
  ];
}

const glm4MoeLite = latent(
  ['glm4_moe_lite'],
  {
    q_lora_rank: 768,
    v_head_dim: 256,
    qk_nope_head_dim: 192,
    n_routed_experts: 64,
    n_shared_experts: 1,
    moe_intermediate_size: 1536,
    // The type does not read the key.
    first_k_dense_replace: 1,
  },
  false,
);
const deepseekV32 = latent(
  ['deepseek_v32'],
  {
    n_routed_experts: 256,
    n_shared_experts: 1,
    moe_intermediate_size: 2048,
    first_k_dense_replace: 3,
    index_head_dim: 128,
    index_n_heads: 64,
  },
  true,
  { headDimKeys: ROTATED_WIDTH },
);

export const RECENT_FAMILY: readonly Architecture[] = [
  ministral3,
  cwm,
  olmo3,
  vaultGemma,
  bitnet,
  arcee,
  apertus,
  hunyuan,
  hunyuanMoe,
  minimaxM2,
  ernieMoe,
  exaoneMoe,
  solarOpen,
  glm4MoeLite,
  deepseekV32,
];
