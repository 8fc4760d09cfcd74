/** Decoders that mix kinds of layers: linear attention, short convolutions, shared keys and values. */

import { MAX_WIDTH, readCount, requireCount } from '../../peftConfig/configValues';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { bare, depthwise, embedding, linear, linears, norm, onlyAt } from '../rows';
import type { Architecture } from './architecture';
import { architecture, decoderHead, intermediate, layers, on, size, vocabulary } from './architecture';
import { expertCount, fused, layerList, router, sparseLayers } from './experts';
import type { ModelFacts } from './modelFacts';
import { sizes } from './modelFacts';
import { decoderBaseModel, FOUR_NORMS, gatedMlp, headNorms, TWO_NORMS } from './gatedDecoder';

const UNTIED = { tie_word_embeddings: false };

/** Whether a layer is of one kind, according to the config's `layer_types` or, without that list, to `usual`. */
function layersOf(shape: ModelShape, kind: string, usual: (layer: number) => boolean): (layer: number) => boolean {
  const listed = layerList(shape, 'layer_types');
  return listed.length > 0 ? (layer) => listed[layer] === kind : usual;
}

/** The gated delta rule, in three of four layers. Qwen 3.5 splits the projections that Qwen3-Next fuses. */
function deltaRule(shape: ModelShape, split: boolean): Row[] {
  const { hiddenSize: h } = shape;
  const [keyHeads, valueHeads] = [size(shape, 'linear_num_key_heads'), size(shape, 'linear_num_value_heads')];
  const keys = keyHeads * size(shape, 'linear_key_head_dim');
  const width = size(shape, 'linear_value_head_dim');
  const values = valueHeads * width;
  const path = 'linear_attn';
  return [
    bare(path, ['dt_bias', [valueHeads]], ['A_log', [valueHeads]]),
    depthwise(`${path}.conv1d`, 2 * keys + values, [size(shape, 'linear_conv_kernel_dim')], false),
    ...(split
      ? [
          linear(`${path}.in_proj_qkv`, h, 2 * keys + values),
          linear(`${path}.in_proj_z`, h, values),
          ...linears([`${path}.in_proj_b`, `${path}.in_proj_a`], h, valueHeads),
        ]
      : [linear(`${path}.in_proj_qkvz`, h, 2 * (keys + values)), linear(`${path}.in_proj_ba`, h, 2 * valueHeads)]),
    norm(`${path}.norm`, width),
    linear(`${path}.out_proj`, values, h),
  ];
}

/** Attention with a gate of the queries' width. */
function gatedAttention(shape: ModelShape): Row[] {
  const { hiddenSize: h, queryWidth: q, keyValueWidth: kv } = shape;
  const bias = on(shape, 'attention_bias');
  return [
    linear('self_attn.q_proj', h, 2 * q, bias),
    ...linears(['self_attn.k_proj', 'self_attn.v_proj'], h, kv, bias),
    linear('self_attn.o_proj', q, h, bias),
    ...headNorms(shape),
  ];
}

function sharedExperts(shape: ModelShape): Row[] {
  const { hiddenSize: h } = shape;
  return [
    router('mlp.gate', expertCount(shape), h),
    fused('mlp.experts', expertCount(shape), h, size(shape, 'moe_intermediate_size')),
    ...gatedMlp('mlp.shared_expert', h, size(shape, 'shared_expert_intermediate_size')),
    linear('mlp.shared_expert_gate', h, 1),
  ];
}

interface QwenFacts extends Omit<ModelFacts, 'modelTypes' | 'defaults'> {
  readonly namedTransformer?: boolean;
}

function qwenHybrid(
  modelTypes: readonly string[],
  split: boolean,
  mlp: (shape: ModelShape) => readonly Row[],
  defaults: Record<string, unknown>,
  { namedTransformer = false, ...facts }: QwenFacts = {},
): Architecture {
  return architecture({
    ...facts,
    modelTypes,
    defaults: {
      ...UNTIED,
      head_dim: 256,
      linear_conv_kernel_dim: 4,
      linear_key_head_dim: 128,
      linear_value_head_dim: 128,
      linear_num_key_heads: 16,
      linear_num_value_heads: 32,
      ...defaults,
    },
    baseModel: decoderBaseModel(namedTransformer),
    usualHead: 'languageModel',
    sections: (shape) => {
      const { hiddenSize: h, config } = shape;
      const interval = readCount(config, ['full_attention_interval'], MAX_WIDTH) ?? 4;
      const isLinear = layersOf(shape, 'linear_attention', (layer) => (layer + 1) % interval !== 0);
      return [
        { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
        layers('layers', shape, [
          ...onlyAt(isLinear, deltaRule(shape, split)),
          ...onlyAt((layer) => !isLinear(layer), gatedAttention(shape)),
          ...mlp(shape),
          ...TWO_NORMS.map((name) => norm(name, h)),
        ]),
      ];
    },
    head: decoderHead(),
  });
}

const qwen3Next = qwenHybrid(
  ['qwen3_next'],
  false,
  (shape) => {
    const isSparse = sparseLayers(shape);
    return [
      ...onlyAt(isSparse, sharedExperts(shape)),
      ...onlyAt((layer) => !isSparse(layer), gatedMlp('mlp', shape.hiddenSize, intermediate(shape))),
    ];
  },
  {
    num_key_value_heads: 2,
    decoder_sparse_step: 1,
    num_experts: 512,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    intermediate_size: 5632,
  },
  { namedTransformer: true },
);
const qwen35 = qwenHybrid(
  ['qwen3_5_text'],
  true,
  (shape) => gatedMlp('mlp', shape.hiddenSize, intermediate(shape)),
  {
    num_key_value_heads: 4,
  },
  { classSizes: sizes(4096, 12288, 32, 16, 248320) },
);
const qwen35Moe = qwenHybrid(['qwen3_5_moe_text'], true, sharedExperts, {
  num_key_value_heads: 2,
  num_experts: 256,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: 512,
});

/** LFM2: short convolutions in most layers, and an MLP of rounded width. */
const lfm2 = architecture({
  modelTypes: ['lfm2'],
  defaults: { num_key_value_heads: 8, conv_L_cache: 3, block_multiple_of: 256, block_ffn_dim_multiplier: 1 },
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv, headDim, config } = shape;
    const attending = layerList(shape, 'full_attn_idxs');
    const isAttention = layersOf(
      shape,
      'full_attention',
      (layer) => !Array.isArray(config['full_attn_idxs']) || attending.includes(layer),
    );
    const f = lfm2Width(shape);
    const bias = on(shape, 'conv_bias');
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('embedding_norm', h)] },
      layers('layers', shape, [
        ...onlyAt(isAttention, [
          linear('self_attn.q_proj', h, q),
          ...linears(['self_attn.k_proj', 'self_attn.v_proj'], h, kv),
          linear('self_attn.out_proj', q, h),
          norm('self_attn.q_layernorm', headDim),
          norm('self_attn.k_layernorm', headDim),
        ]),
        ...onlyAt(
          (layer) => !isAttention(layer),
          [
            depthwise('conv.conv', h, [size(shape, 'conv_L_cache')], bias),
            linear('conv.in_proj', h, 3 * h, bias),
            linear('conv.out_proj', h, h, bias),
          ],
        ),
        ...linears(['feed_forward.w1', 'feed_forward.w3'], h, f),
        linear('feed_forward.w2', f, h),
        norm('operator_norm', h),
        norm('ffn_norm', h),
      ]),
    ];
  },
  head: decoderHead(),
});

function lfm2Width(shape: ModelShape): number {
  const { config } = shape;
  const given = readCount(config, ['block_ff_dim'], MAX_WIDTH) ?? intermediate(shape);
  if (config['block_auto_adjust_ff_dim'] === false) return given;
  const multiplier = config['block_ffn_dim_multiplier'];
  const narrowed = Math.trunc((2 * given) / 3);
  if (typeof multiplier !== 'number') return narrowed;
  const multiple = size(shape, 'block_multiple_of');
  return multiple * Math.ceil(Math.trunc(multiplier * narrowed) / multiple);
}

/** Gemma 3n and 4: the last layers use the keys and values of earlier ones. Each layer has its own embedding. */
function sharedKeys({ config, numLayers }: ModelShape): number {
  const shared = config['num_kv_shared_layers'];
  return numLayers - (typeof shared === 'number' ? shared : 0);
}

/** Rows of the embeddings that each layer has of its own. */
function perLayerRows(shape: ModelShape): { outside: Row[]; inside: Row[] } {
  const { hiddenSize: h, numLayers, config } = shape;
  if (config['hidden_size_per_layer_input'] === 0) return { outside: [], inside: [] };
  const width = size(shape, 'hidden_size_per_layer_input');
  return {
    outside: [
      embedding('embed_tokens_per_layer', size(shape, 'vocab_size_per_layer_input'), numLayers * width),
      linear('per_layer_model_projection', h, numLayers * width),
      norm('per_layer_projection_norm', width),
    ],
    inside: [
      linear('per_layer_input_gate', h, width),
      linear('per_layer_projection', width, h),
      norm('post_per_layer_input_norm', h),
    ],
  };
}

const PER_LAYER = { hidden_size_per_layer_input: 256, vocab_size_per_layer_input: 262_144 };

/** More streams of AltUp than any model has; Gemma 3n has four. */
const MAX_INPUTS = 64;

const gemma3n = architecture({
  modelTypes: ['gemma3n_text'],
  classSizes: sizes(2048, 16384, 35, 8, 262400),
  defaults: {
    ...PER_LAYER,
    num_key_value_heads: 2,
    head_dim: 256,
    num_kv_shared_layers: 15,
    altup_num_inputs: 4,
    laurel_rank: 64,
  },
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape): Section[] => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv, headDim, config } = shape;
    const bias = on(shape, 'attention_bias');
    const first = sharedKeys(shape);
    const inputs = requireCount(config, ['altup_num_inputs'], MAX_INPUTS);
    const rank = size(shape, 'laurel_rank');
    const widths = config['intermediate_size'];
    // Each layer may have a different width.
    const mlp = Array.isArray(widths)
      ? [...new Set((widths as unknown[]).slice(0, shape.numLayers))].flatMap((width) =>
          onlyAt(
            (layer) => widths[layer] === width,
            gatedMlp('mlp', h, readCount({ intermediate_size: width }, ['intermediate_size'], MAX_WIDTH) ?? 0),
          ),
        )
      : gatedMlp('mlp', h, readCount(config, ['intermediate_size'], MAX_WIDTH) ?? 16_384);
    const perLayer = perLayerRows(shape);
    const mixes = ['altup_projections', 'altup_unembed_projections'].flatMap((name) =>
      Array.from({ length: inputs - 1 }, (_, index) => linear(`${name}.${index}`, h, h)),
    );
    return [
      {
        path: '',
        rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h), ...perLayer.outside, ...mixes],
      },
      layers('layers', shape, [
        linear('self_attn.q_proj', h, q, bias),
        norm('self_attn.q_norm', headDim),
        ...onlyAt(
          (layer) => !(first > 0 && layer >= first),
          [...linears(['self_attn.k_proj', 'self_attn.v_proj'], h, kv, bias), norm('self_attn.k_norm', headDim)],
        ),
        linear('self_attn.o_proj', q, h, bias),
        ...mlp,
        ...FOUR_NORMS.map((name) => norm(name, h)),
        bare('altup', ['correct_output_scale', [h]]),
        linear('altup.correction_coefs', inputs, inputs),
        linear('altup.prediction_coefs', inputs, inputs ** 2),
        linear('altup.modality_router', h, inputs),
        norm('altup.router_norm', h),
        linear('laurel.linear_left', h, rank),
        linear('laurel.linear_right', rank, h),
        norm('laurel.post_laurel_norm', h),
        ...perLayer.inside,
      ]),
    ];
  },
  head: decoderHead(),
});

/** Every sixth layer and the last attend to all tokens, with wider heads and possibly fewer keys and values. */
const gemma4 = architecture({
  modelTypes: ['gemma4_text'],
  classSizes: sizes(2304, 9216, 30, 8, 262144),
  defaults: { ...PER_LAYER, num_key_value_heads: 4, head_dim: 256, global_head_dim: 512 },
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape): Section[] => {
    const { hiddenSize: h, numLayers, config } = shape;
    const first = sharedKeys(shape);
    const listed = layersOf(shape, 'full_attention', (layer) => (layer + 1) % 6 === 0);
    const isFull = (layer: number): boolean => layer === numLayers - 1 || listed(layer);
    const sameValues = on(shape, 'attention_k_eq_v');
    const globalHeads = sameValues ? readCount(config, ['num_global_key_value_heads'], MAX_WIDTH) : null;
    const perLayer = perLayerRows(shape);
    const isWide = (layer: number): boolean => on(shape, 'use_double_wide_mlp') && first > 0 && layer >= first;
    const f = intermediate(shape);
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h), ...perLayer.outside] },
      layers('layers', shape, [
        ...gemma4Attention(shape, (layer) => !isFull(layer), first, shape.headDim, shape.numKeyValueHeads, true),
        ...gemma4Attention(
          shape,
          isFull,
          first,
          size(shape, 'global_head_dim'),
          globalHeads ?? shape.numKeyValueHeads,
          !sameValues,
        ),
        ...onlyAt((layer) => !isWide(layer), gatedMlp('mlp', h, f)),
        ...onlyAt(isWide, gatedMlp('mlp', h, 2 * f)),
        ...FOUR_NORMS.map((name) => norm(name, h)),
        ...perLayer.inside,
        ...(on(shape, 'enable_moe_block') ? gemma4Experts(shape) : []),
      ]),
    ];
  },
  head: decoderHead(),
});

function gemma4Attention(
  shape: ModelShape,
  at: (layer: number) => boolean,
  firstShared: number,
  headDim: number,
  keyValueHeads: number,
  ownValues: boolean,
): Row[] {
  const { hiddenSize: h, numHeads } = shape;
  const bias = on(shape, 'attention_bias');
  const names = ['self_attn.k_proj', ...(ownValues ? ['self_attn.v_proj'] : [])];
  return [
    ...onlyAt(at, [
      linear('self_attn.q_proj', h, numHeads * headDim, bias),
      norm('self_attn.q_norm', headDim),
      linear('self_attn.o_proj', numHeads * headDim, h, bias),
    ]),
    ...onlyAt(
      (layer) => at(layer) && layer < firstShared,
      [...linears(names, h, keyValueHeads * headDim, bias), norm('self_attn.k_norm', headDim)],
    ),
  ];
}

function gemma4Experts(shape: ModelShape): Row[] {
  const { hiddenSize: h } = shape;
  const count = expertCount(shape);
  return [
    bare('router', ['scale', [h]], ['per_expert_scale', [count]]),
    linear('router.proj', h, count),
    fused('experts', count, h, size(shape, 'moe_intermediate_size')),
    ...['post_feedforward_layernorm_1', 'post_feedforward_layernorm_2', 'pre_feedforward_layernorm_2'].map((name) =>
      norm(name, h),
    ),
  ];
}

export const HYBRID_FAMILY: readonly Architecture[] = [qwen3Next, qwen35, qwen35Moe, lfm2, gemma3n, gemma4];
