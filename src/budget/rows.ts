/** The rows of an architecture's table. */

/**
 * `conv1d` is GPT-2's linear, which stores its weight as (in, out); LoRA adapts it like any linear. `conv` is a
 * convolution, `multihead` torch's fused attention, `parameters` a module with bare tensors, such as fused experts.
 */
export type ModuleKind = 'linear' | 'conv1d' | 'embedding' | 'norm' | 'conv' | 'multihead' | 'parameters';

/** Name and shape of a tensor, relative to its module. */
export type NamedShape = readonly [name: string, shape: readonly number[]];

export interface Row {
  /** Relative to its section: 'self_attn.q_proj'. */
  readonly name: string;
  readonly kind: ModuleKind;
  /** Entries of an embedding; features of a norm; 0 for bare tensors. `outFeatures` is the embedding's width. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** The weight is shared with another row, which counts it. */
  readonly tied?: boolean;
  /** The bias is shared too. */
  readonly tiedBias?: boolean;
  /** Whether a layer of a repeated section has the row. If absent, all layers have it. */
  readonly only?: (layer: number) => boolean;
  /** Kernel size of a convolution, per dimension. */
  readonly kernel?: readonly number[];
  /** Groups of a convolution: its weight has inFeatures / groups inputs. */
  readonly groups?: number;
  /** Tensors of a `parameters` row. */
  readonly tensors?: readonly NamedShape[];
  /** Experts are stored as (experts, in, out) instead of (experts, out, in). */
  readonly transposed?: boolean;
}

export interface Section {
  /** Relative to the bare model: 'layers'; '' for modules directly below it. */
  readonly path: string;
  /** Number of layers that the section stands for. Each adds its index to the path. */
  readonly repeat?: number;
  readonly rows: readonly Row[];
}

function row(kind: ModuleKind, name: string, inFeatures: number, outFeatures: number, bias: boolean): Row {
  return { name, kind, inFeatures, outFeatures, bias };
}

export const linear = (name: string, inFeatures: number, outFeatures: number, bias = false): Row =>
  row('linear', name, inFeatures, outFeatures, bias);
export const linears = (names: readonly string[], inFeatures: number, outFeatures: number, bias = false): Row[] =>
  names.map((name) => linear(name, inFeatures, outFeatures, bias));
export const conv1d = (name: string, inFeatures: number, outFeatures: number): Row =>
  row('conv1d', name, inFeatures, outFeatures, true);
export const conv = (name: string, inChannels: number, outChannels: number, kernel: number[], bias = true): Row => ({
  ...row('conv', name, inChannels, outChannels, bias),
  kernel,
});
/** One filter for each channel. */
export const depthwise = (name: string, channels: number, kernel: number[], bias: boolean): Row => ({
  ...conv(name, channels, channels, kernel, bias),
  groups: channels,
});
export const embedding = (name: string, entries: number, width: number): Row =>
  row('embedding', name, entries, width, false);
/** RMSNorm has no bias; LayerNorm has one. */
export const norm = (name: string, features: number, bias = false): Row => row('norm', name, features, features, bias);
export const layerNorm = (name: string, features: number): Row => norm(name, features, true);
export const multihead = (name: string, width: number): Row => row('multihead', name, width, 3 * width, true);
export const bare = (name: string, ...tensors: NamedShape[]): Row => ({
  ...row('parameters', name, 0, 0, false),
  tensors,
});
export const tied = (shared: Row): Row => ({ ...shared, tied: true });
export const onlyAt = (only: (layer: number) => boolean, rows: readonly Row[]): Row[] =>
  rows.map((each) => ({ ...each, only }));

/** Names and shapes of a row's own tensors: weight, then bias. */
export function rowTensors({
  kind,
  inFeatures: i,
  outFeatures,
  bias,
  kernel,
  groups = 1,
  tensors,
}: Row): readonly NamedShape[] {
  if (kind === 'parameters') return tensors ?? [];
  const inFeatures = i / groups;
  if (kind === 'multihead') {
    return [
      ['in_proj_weight', [outFeatures, inFeatures]],
      ['in_proj_bias', [outFeatures]],
    ];
  }
  return bias
    ? [
        ['weight', weightShape(kind, inFeatures, outFeatures, kernel)],
        ['bias', [outFeatures]],
      ]
    : [['weight', weightShape(kind, inFeatures, outFeatures, kernel)]];
}

function weightShape(kind: ModuleKind, inFeatures: number, outFeatures: number, kernel?: readonly number[]): number[] {
  if (kind === 'norm') return [outFeatures];
  if (kind === 'linear') return [outFeatures, inFeatures];
  if (kind === 'conv') return [outFeatures, inFeatures, ...(kernel ?? [])];
  return [inFeatures, outFeatures];
}
