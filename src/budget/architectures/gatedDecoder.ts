/** The common structure of decoders with gated MLPs, and its variations. */

import type { RawConfig } from '../../peftConfig/configValues';
import type { HeadKind } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { embedding, linear, linears, norm, onlyAt } from '../rows';
import type { Architecture } from './architecture';
import { architecture, decoderHead, intermediate, layers, on, vocabulary } from './architecture';
import type { ModelFacts } from './modelFacts';

/** The experts that replace a decoder's dense MLP in some or all layers. */
export interface Experts {
  /** Whether a layer has experts. */
  readonly at: (layer: number) => boolean;
  readonly rows: readonly Row[];
  /** The MLP of the layers without experts, if it is not the usual one. */
  readonly dense?: readonly Row[];
  /** All layers have experts. */
  readonly everywhere?: boolean;
}

export interface Variant {
  readonly facts?: Omit<ModelFacts, 'modelTypes' | 'defaults'>;
  /** The type's question answering class holds the bare model as `transformer`. */
  readonly namedTransformer?: boolean;
  /** Biases of the query, key and value projections, and of the output projection. */
  readonly bias?: (shape: ModelShape) => { readonly qkv: boolean; readonly output: boolean };
  /** Replaces the gated MLP of a block. */
  readonly mlp?: (shape: ModelShape) => readonly Row[];
  /** Replaces the MLP in the layers that have experts. */
  readonly experts?: (shape: ModelShape) => Experts;
  /** Names of a block's norms. All are as wide as the model. */
  readonly norms?: (shape: ModelShape) => readonly string[];
  /** Those norms and the last norm have biases. */
  readonly normBias?: boolean;
  /** Norms of queries and keys, and bare tensors of the attention. */
  readonly inAttention?: (shape: ModelShape) => readonly Row[];
  /** Name of the attention's output projection. */
  readonly output?: string;
  readonly lastNorm?: string;
  readonly headBias?: (shape: ModelShape) => boolean;
  /** The type reads `mlp_bias`, which turns on the biases of the gated MLP. */
  readonly mlpBias?: boolean;
  /** The output projection takes inputs of the model's width, even if the heads have another. */
  readonly squareOutput?: boolean;
}

export const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];
export const FOUR_NORMS = [...TWO_NORMS, 'pre_feedforward_layernorm', 'post_feedforward_layernorm'];

/** Norms of queries and keys within each head. */
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

/** One linear computes gate and up. */
export const fusedGateMlp = (shape: ModelShape): Row[] => [
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

/** The question answering classes of some families hold the bare model as `transformer`. */
export function decoderBaseModel(namedTransformer: boolean): (head: HeadKind) => string {
  return (head) => (namedTransformer && head === 'questionAnswering' ? 'transformer' : 'model');
}

export function gatedDecoder(modelTypes: readonly string[], variant: Variant, defaults: RawConfig = {}): Architecture {
  return architecture({
    ...variant.facts,
    modelTypes,
    defaults,
    baseModel: decoderBaseModel(variant.namedTransformer ?? false),
    usualHead: 'languageModel',
    sections: sections(variant),
    head: decoderHead(variant.headBias ? { bias: variant.headBias } : {}),
  });
}

/** `attention_bias` turns on the biases of all four projections. */
export const attentionBias = (shape: ModelShape): { qkv: boolean; output: boolean } => ({
  qkv: on(shape, 'attention_bias'),
  output: on(shape, 'attention_bias'),
});
