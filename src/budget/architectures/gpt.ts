/** Decoders with plain MLPs and LayerNorm: GPT-2 and its successors. */

import type { ModelShape } from '../modelShape';
import { flag, MAX_WIDTH, readCount } from '../../peftConfig/configValues';
import type { Row } from '../rows';
import { conv1d, embedding, layerNorm, linear, linears, norm } from '../rows';
import type { Architecture } from './architecture';
import type { ForwardFacts } from './forwardFacts';
import type { PeftTargets } from './peftTargets';
import {
  alike,
  architecture,
  decoderHead,
  intermediateOrFourfold,
  labels,
  layers,
  on,
  size,
  vocabulary,
} from './architecture';

const UNTIED = { tie_word_embeddings: false };

/** Modules outside the layers, by GPT-2's names; `wpe` only if positions are learned. */
function outside(shape: ModelShape, positions: number | null): Row[] {
  const { hiddenSize: h } = shape;
  return [
    embedding('wte', vocabulary(shape), h),
    ...(positions === null ? [] : [embedding('wpe', positions, h)]),
    layerNorm('ln_f', h),
  ];
}

const GPT2_TARGETS: PeftTargets = {
  LORA: 'c_attn',
  FOURIERFT: 'mlp.c_proj',
  IA3: 'c_attn mlp.c_proj',
  IA3_FEEDFORWARD: 'mlp.c_proj',
  ADALORA: 'c_attn',
  OSF: 'c_attn c_proj',
};
const GPT2_FORWARD: Partial<ForwardFacts> = { rotary: false, dropout: 0.1 };
const OLDER_HEAD = { tokenHead: 'classifier' } as const;

const gpt2 = architecture({
  modelTypes: ['gpt2'],
  peftTargets: {
    ...GPT2_TARGETS,
    LN_TUNING: 'ln_1 ln_2 ln_f',
  },
  adaptionTarget: 'attn',
  conv1d: true,
  forward: { ...GPT2_FORWARD, activation: 'gelu_new', nativeSoftmax: true },
  defaults: { n_positions: 1024 },
  targets: () => ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      { path: '', rows: outside(shape, size(shape, 'n_positions', 'max_position_embeddings')) },
      layers('h', shape, [
        layerNorm('ln_1', h),
        conv1d('attn.c_attn', h, 3 * h),
        conv1d('attn.c_proj', h, h),
        ...(on(shape, 'add_cross_attention')
          ? [
              conv1d('crossattention.c_attn', h, 2 * h),
              conv1d('crossattention.q_attn', h, h),
              conv1d('crossattention.c_proj', h, h),
              layerNorm('ln_cross_attn', h),
            ]
          : []),
        layerNorm('ln_2', h),
        conv1d('mlp.c_fc', h, f),
        conv1d('mlp.c_proj', f, h),
      ]),
    ];
  },
  head: decoderHead(OLDER_HEAD),
});

/** GPT-2 with linears instead of Conv1D. With `multi_query` all heads share one key and one value. */
const gptBigCode = architecture({
  modelTypes: ['gpt_bigcode'],
  peftTargets: GPT2_TARGETS,
  forward: GPT2_FORWARD,
  defaults: { n_positions: 1024, multi_query: true, num_key_value_heads: 1 },
  targets: () => ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, headDim } = shape;
    const f = intermediateOrFourfold(shape);
    const keyValues = on(shape, 'multi_query') ? 2 * headDim : 2 * h;
    return [
      { path: '', rows: outside(shape, size(shape, 'n_positions', 'max_position_embeddings')) },
      layers('h', shape, [
        layerNorm('ln_1', h),
        linear('attn.c_attn', h, h + keyValues, true),
        linear('attn.c_proj', h, h, true),
        layerNorm('ln_2', h),
        linear('mlp.c_fc', h, f, true),
        linear('mlp.c_proj', f, h, true),
      ]),
    ];
  },
  head: decoderHead(OLDER_HEAD),
});

const gptNeo = architecture({
  modelTypes: ['gpt_neo'],
  peftTargets: {
    LORA: 'q_proj v_proj',
    IA3: 'q_proj v_proj c_proj',
    IA3_FEEDFORWARD: 'c_proj',
    ADALORA: 'q_proj v_proj',
    BEFT: 'v_proj',
  },
  forward: { rotary: false, floatScores: true, kernels: ['flash', 'eager'], activation: 'gelu_new' },
  defaults: { max_position_embeddings: 2048 },
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      { path: '', rows: outside(shape, size(shape, 'max_position_embeddings')) },
      layers('h', shape, [
        layerNorm('ln_1', h),
        ...linears(
          ['q_proj', 'k_proj', 'v_proj'].map((name) => `attn.attention.${name}`),
          h,
          h,
        ),
        linear('attn.attention.out_proj', h, h, true),
        layerNorm('ln_2', h),
        linear('mlp.c_fc', h, f, true),
        linear('mlp.c_proj', f, h, true),
      ]),
    ];
  },
  head: decoderHead(OLDER_HEAD),
});

const gptJ = architecture({
  modelTypes: ['gptj'],
  peftTargets: {
    LORA: 'q_proj v_proj',
    IA3: 'q_proj v_proj fc_out',
    IA3_FEEDFORWARD: 'fc_out',
    ADALORA: 'q_proj v_proj',
    LN_TUNING: 'ln_1 ln_f',
    BEFT: 'v_proj',
    OSF: 'q_proj k_proj v_proj out_proj fc_in fc_out',
  },
  forward: { floatScores: true, kernels: ['flash', 'eager'], activation: 'gelu_new' },
  defaults: UNTIED,
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    return [
      { path: '', rows: outside(shape, null) },
      layers('h', shape, [
        layerNorm('ln_1', h),
        ...linears(
          ['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((name) => `attn.${name}`),
          h,
          h,
        ),
        linear('mlp.fc_in', h, f, true),
        linear('mlp.fc_out', f, h, true),
      ]),
    ];
  },
  head: decoderHead({ bias: () => true, answers: labels }),
});

/** GPT-NeoX (Pythia) and BLOOM compute query, key and value with one linear of the same name. */
function fusedRows(shape: ModelShape, attention: string, bias: boolean): Row[] {
  const { hiddenSize: h } = shape;
  const f = intermediateOrFourfold(shape);
  return [
    layerNorm('input_layernorm', h),
    layerNorm('post_attention_layernorm', h),
    linear(`${attention}.query_key_value`, h, 3 * h, bias),
    linear(`${attention}.dense`, h, h, bias),
    linear('mlp.dense_h_to_4h', h, f, true),
    linear('mlp.dense_4h_to_h', f, h, true),
  ];
}

const FUSED_TARGETS: PeftTargets = {
  LORA: 'query_key_value',
  IA3: 'query_key_value dense_4h_to_h',
  IA3_FEEDFORWARD: 'dense_4h_to_h',
};

const gptNeoX = architecture({
  modelTypes: ['gpt_neox'],
  peftTargets: { ...FUSED_TARGETS, ADALORA: 'query_key_value', OSF: 'query_key_value dense_4h_to_h' },
  versionNote: () => "The output layer is 'lm_head' in transformers 5 and 'embed_out' in version 4.",
  defaults: { ...UNTIED, attention_bias: true },
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
    layers('layers', shape, fusedRows(shape, 'attention', on(shape, 'attention_bias'))),
  ],
  head: decoderHead(OLDER_HEAD),
});

const bloom = architecture({
  modelTypes: ['bloom'],
  peftTargets: {
    LORA: 'query_key_value',
    IA3: 'query_key_value mlp.dense_4h_to_h',
    IA3_FEEDFORWARD: 'mlp.dense_4h_to_h',
    ADALORA: 'query_key_value',
    LN_TUNING: 'input_layernorm post_attention_layernorm ln_f',
    OSF: 'query_key_value dense_4h_to_h',
  },
  forward: { rotary: false, kernels: ['eager'] },
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const rows = [
      embedding('word_embeddings', vocabulary(shape), h),
      layerNorm('word_embeddings_layernorm', h),
      layerNorm('ln_f', h),
    ];
    return [{ path: '', rows }, layers('h', shape, fusedRows(shape, 'self_attention', true))];
  },
  head: decoderHead(OLDER_HEAD),
});

/** One linear computes query, key and value. Its width depends on how many heads share keys and values. */
const falcon = architecture({
  modelTypes: ['falcon'],
  peftTargets: {
    ...FUSED_TARGETS,
    LN_TUNING: 'input_layernorm post_attention_layernorm ln_f',
    OSF: 'query_key_value dense_4h_to_h',
  },
  forward: { nativeSoftmax: true },
  defaults: { multi_query: true, parallel_attn: true },
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, numHeads, config } = shape;
    const headDim = Math.floor(h / numHeads);
    const grouped = on(shape, 'new_decoder_architecture');
    const keyValueHeads = readCount(config, ['num_kv_heads', 'n_head_kv'], numHeads) ?? numHeads;
    const sharedKeyValues = on(shape, 'multi_query') ? h + 2 * headDim : 3 * h;
    const fused = grouped ? (2 * keyValueHeads + numHeads) * headDim : sharedKeyValues;
    const f = readCount(config, ['ffn_hidden_size'], MAX_WIDTH) ?? 4 * h;
    const bias = on(shape, 'bias');
    const parallel = on(shape, 'parallel_attn');
    const twoNorms = parallel && (readCount(config, ['num_ln_in_parallel_attn'], 2) ?? (grouped ? 2 : 1)) === 2;
    const norms = twoNorms ? ['ln_attn', 'ln_mlp'] : ['input_layernorm'];
    if (!parallel) norms.push('post_attention_layernorm');
    return [
      { path: '', rows: [embedding('word_embeddings', vocabulary(shape), h), layerNorm('ln_f', h)] },
      layers('h', shape, [
        linear('self_attention.query_key_value', h, fused, bias),
        linear('self_attention.dense', h, h, bias),
        linear('mlp.dense_h_to_4h', h, f, bias),
        linear('mlp.dense_4h_to_h', f, h, bias),
        ...norms.map((name) => layerNorm(name, h)),
      ]),
    ];
  },
  head: decoderHead(OLDER_HEAD),
});

/** Falcon's types in its own repositories, from before transformers included it. */
const refinedWeb = alike(falcon, ['RefinedWeb', 'RefinedWebModel'], { peftTargets: FUSED_TARGETS });

/** No biases anywhere, not even in the LayerNorms. transformers ignores `expansion_ratio`: the MLP is fourfold. */
const mpt = architecture({
  modelTypes: ['mpt'],
  peftTargets: { LORA: 'Wqkv' },
  forward: { rotary: false, kernels: ['eager'] },
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = 4 * h;
    return [
      { path: '', rows: [embedding('wte', vocabulary(shape), h), norm('norm_f', h)] },
      layers('blocks', shape, [
        norm('norm_1', h),
        linear('attn.Wqkv', h, 3 * h),
        linear('attn.out_proj', h, h),
        norm('norm_2', h),
        linear('ffn.up_proj', h, f),
        linear('ffn.down_proj', f, h),
      ]),
    ];
  },
  head: decoderHead(OLDER_HEAD),
});

/** The embeddings may be narrower than the model (350M). The positions start at an offset of 2. */
const opt = architecture({
  modelTypes: ['opt'],
  peftTargets: {
    LORA: 'q_proj v_proj',
    IA3: 'q_proj k_proj fc2',
    IA3_FEEDFORWARD: 'fc2',
    ADALORA: 'q_proj k_proj v_proj out_proj fc1 fc2',
    BEFT: 'v_proj',
    OSF: 'q_proj k_proj v_proj out_proj fc1 fc2',
  },
  forward: {
    rotary: false,
    postNorm: ({ config }) => config['do_layer_norm_before'] === false,
    dropout: 0.1,
  },
  defaults: { max_position_embeddings: 2048 },
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
    return [
      {
        path: 'decoder',
        rows: [
          embedding('embed_tokens', vocabulary(shape), width),
          embedding('embed_positions', size(shape, 'max_position_embeddings') + 2, h),
          ...(width === h ? [] : [linear('project_out', h, width), linear('project_in', width, h)]),
          ...(finalNorm ? norms('final_layer_norm') : []),
        ],
      },
      layers('decoder.layers', shape, [
        ...linears(
          ['k_proj', 'v_proj', 'q_proj', 'out_proj'].map((name) => `self_attn.${name}`),
          h,
          h,
          bias,
        ),
        linear('fc1', h, f, bias),
        linear('fc2', f, h, bias),
        ...norms('self_attn_layer_norm', 'final_layer_norm'),
      ]),
    ];
  },
  head: decoderHead({ width: embeddingWidth }),
});

function embeddingWidth({ config, hiddenSize }: ModelShape): number {
  return readCount(config, ['word_embed_proj_dim'], MAX_WIDTH) ?? hiddenSize;
}

export const GPT_FAMILY: readonly Architecture[] = [
  gpt2,
  gptBigCode,
  gptNeo,
  gptJ,
  gptNeoX,
  bloom,
  falcon,
  refinedWeb,
  mpt,
  opt,
];
