/** Decoders with gated MLPs and RMSNorm: Llama and its many relatives. */

import type { RawConfig } from '../../peftConfig/configValues';
import type { HeadKind } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { bare, embedding, linear, linears, norm, onlyAt } from '../rows';
import type { Architecture } from './architecture';
import { architecture, decoderHead, intermediate, layers, on, vocabulary } from './architecture';

/** The experts of a decoder, where its MLP is otherwise dense. */
export interface Experts {
  /** The layers that have them. */
  readonly at: (layer: number) => boolean;
  readonly rows: readonly Row[];
  /** Of the other layers, where their MLP is not the usual. */
  readonly dense?: readonly Row[];
  /** There are no other layers. */
  readonly everywhere?: boolean;
}

interface Variant {
  /** Biases of the query, key and value projections, and of the output projection. */
  readonly bias?: (shape: ModelShape) => { readonly qkv: boolean; readonly output: boolean };
  /** Of a block, instead of the gated MLP. */
  readonly mlp?: (shape: ModelShape) => readonly Row[];
  /** What stands in for the MLP in the layers that have experts. */
  readonly experts?: (shape: ModelShape) => Experts;
  /** Norms of a block, by name; all are as wide as the model. */
  readonly norms?: (shape: ModelShape) => readonly string[];
  /** Biases of those and of the last norm. */
  readonly normBias?: boolean;
  /** Norms of query and key, and bare tensors of the attention. */
  readonly inAttention?: (shape: ModelShape) => readonly Row[];
  /** Name of the attention's output projection. */
  readonly output?: string;
  readonly lastNorm?: string;
  readonly headBias?: (shape: ModelShape) => boolean;
  /** `mlp_bias` switches the biases of the gated MLP; the other types do not know the key. */
  readonly mlpBias?: boolean;
  /** The output projection takes the model's width, whatever the heads have. */
  readonly squareOutput?: boolean;
}

export const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];
export const FOUR_NORMS = [...TWO_NORMS, 'pre_feedforward_layernorm', 'post_feedforward_layernorm'];

/** Query and key normed per head. */
export const headNorms = ({ headDim }: ModelShape): Row[] => [
  norm('self_attn.q_norm', headDim),
  norm('self_attn.k_norm', headDim),
];

export function gatedMlp(path: string, width: number, hidden: number, bias = false): Row[] {
  return [
    ...linears([`${path}.gate_proj`, `${path}.up_proj`], width, hidden, bias),
    linear(`${path}.down_proj`, hidden, width, bias),
  ];
}

/** Gate and up fused in one linear. */
const fusedGateMlp = (shape: ModelShape): Row[] => [
  linear('mlp.gate_up_proj', shape.hiddenSize, 2 * intermediate(shape)),
  linear('mlp.down_proj', intermediate(shape), shape.hiddenSize),
];

function sections(variant: Variant) {
  return (shape: ModelShape): Section[] => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv } = shape;
    const { qkv, output } = variant.bias?.(shape) ?? { qkv: false, output: false };
    const experts = variant.experts?.(shape);
    const mlpBias = variant.mlpBias === true && on(shape, 'mlp_bias');
    const dense = variant.mlp ?? ((plain) => gatedMlp('mlp', h, intermediate(plain), mlpBias));
    const mlp = experts
      ? [
          ...onlyAt((layer) => !experts.at(layer), experts.everywhere ? [] : (experts.dense ?? dense(shape))),
          ...onlyAt(experts.at, experts.rows),
        ]
      : dense(shape);
    return [
      {
        path: '',
        rows: [embedding('embed_tokens', vocabulary(shape), h), ...lastNorm(variant, h)],
      },
      layers('layers', shape, [
        linear('self_attn.q_proj', h, q, qkv),
        ...linears(['self_attn.k_proj', 'self_attn.v_proj'], h, kv, qkv),
        linear(`self_attn.${variant.output ?? 'o_proj'}`, variant.squareOutput ? h : q, h, output),
        ...(variant.inAttention?.(shape) ?? []),
        ...mlp,
        ...(variant.norms?.(shape) ?? TWO_NORMS).map((name) => norm(name, h, variant.normBias)),
      ]),
    ];
  };
}

function lastNorm({ lastNorm: name = 'norm', normBias }: Variant, width: number): Row[] {
  return name ? [norm(name, width, normBias)] : [];
}

/** The types whose question answering classes kept the name of the bare model that the first of them had. */
const NAMED_TRANSFORMER =
  'llama qwen2 qwen3 qwen3_moe seed_oss smollm3 exaone4 ministral ministral3 nemotron arcee diffllama qwen3_next'.split(
    ' ',
  );

export function decoderBaseModel(modelTypes: readonly string[], head: HeadKind): string {
  const older = head === 'questionAnswering' && modelTypes.some((type) => NAMED_TRANSFORMER.includes(type));
  return older ? 'transformer' : 'model';
}

export function gatedDecoder(modelTypes: readonly string[], variant: Variant, defaults: RawConfig = {}): Architecture {
  return architecture({
    modelTypes,
    defaults,
    baseModel: (head) => decoderBaseModel(modelTypes, head),
    usualHead: 'languageModel',
    sections: sections(variant),
    head: decoderHead(variant.headBias ? { bias: variant.headBias } : {}),
  });
}

/** `attention_bias` switches all four projections. */
export const attentionBias = (shape: ModelShape): { qkv: boolean; output: boolean } => ({
  qkv: on(shape, 'attention_bias'),
  output: on(shape, 'attention_bias'),
});
const queryKeyValueBias = (): { qkv: boolean; output: boolean } => ({ qkv: true, output: false });

const UNTIED = { tie_word_embeddings: false };

const ALL_HEADS = { ...UNTIED, num_key_value_heads: null };
const llama = gatedDecoder(['llama', 'Yi', 'aquila'], { bias: attentionBias, mlpBias: true }, ALL_HEADS);
const granite = gatedDecoder(['granite'], { bias: attentionBias, mlpBias: true }, ALL_HEADS);
const smollm3 = gatedDecoder(['smollm3'], { bias: attentionBias, mlpBias: true }, { num_key_value_heads: 4 });
const mistral = gatedDecoder(['mistral'], {}, { ...UNTIED, num_key_value_heads: 8 });
const ministral = gatedDecoder(['ministral'], {}, { ...UNTIED, num_key_value_heads: 8 });
const helium = gatedDecoder(
  ['helium'],
  { bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: false }), mlpBias: true, squareOutput: true },
  { ...UNTIED, num_key_value_heads: 20, head_dim: 128 },
);
const qwen2 = gatedDecoder(
  ['qwen2', 'qwen2_5_omni_text'],
  { bias: queryKeyValueBias },
  { ...UNTIED, num_key_value_heads: 32 },
);
const qwen2Vl = gatedDecoder(
  ['qwen2_vl_text', 'qwen2_5_vl_text'],
  { bias: queryKeyValueBias },
  { ...UNTIED, num_key_value_heads: 8 },
);
const qwen3 = gatedDecoder(
  ['qwen3', 'qwen3_vl_text'],
  { bias: attentionBias, inAttention: headNorms },
  { ...UNTIED, num_key_value_heads: 32, head_dim: 128 },
);
const gemma = gatedDecoder(['gemma'], { bias: attentionBias }, { num_key_value_heads: 16, head_dim: 256 });
const gemma2 = gatedDecoder(
  ['gemma2'],
  { bias: attentionBias, norms: () => FOUR_NORMS },
  { num_key_value_heads: 4, head_dim: 256 },
);
const gemma3 = gatedDecoder(
  ['gemma3_text'],
  { bias: attentionBias, norms: () => FOUR_NORMS, inAttention: headNorms },
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
  { ...glm4Variant, bias: queryKeyValueBias },
  { ...UNTIED, num_key_value_heads: 2 },
);
const stablelm = gatedDecoder(
  ['stablelm', 'stablelm_epoch'],
  {
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
/** Plain MLP and one norm for both halves of a block; everything has a bias. */
const phi = gatedDecoder(
  ['phi'],
  {
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
/** Norms after each half of a block instead of before. */
const exaone4 = gatedDecoder(
  ['exaone4'],
  { norms: () => ['post_attention_layernorm', 'post_feedforward_layernorm'], inAttention: headNorms },
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
    bias: (shape) => ({ qkv: on(shape, 'attention_bias'), output: on(shape, 'attention_out_bias') }),
    mlpBias: true,
  },
  { ...UNTIED, num_key_value_heads: 8, head_dim: 128, attention_bias: true },
);
const nemotron = gatedDecoder(
  ['nemotron'],
  {
    bias: attentionBias,
    mlp: (shape) => [
      linear('mlp.up_proj', shape.hiddenSize, intermediate(shape), on(shape, 'mlp_bias')),
      linear('mlp.down_proj', intermediate(shape), shape.hiddenSize, on(shape, 'mlp_bias')),
    ],
    normBias: true,
  },
  { ...UNTIED, num_key_value_heads: null },
);
/** Norms without weights. */
const olmo = gatedDecoder(
  ['olmo'],
  { bias: attentionBias, norms: () => [], lastNorm: '' },
  { ...UNTIED, num_key_value_heads: null },
);
/** Projections fused: query, key and value in one linear, gate and up in another. */
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
  granite,
  smollm3,
  mistral,
  ministral,
  helium,
  qwen2,
  qwen2Vl,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  glm,
  glm4,
  glm4v,
  stablelm,
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
