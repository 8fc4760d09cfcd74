/** The rows that an architecture's table is written in. */

/** `conv1d` is GPT-2's linear that stores its weight as (in, out); a LoRA of it is like any linear's. */
export type ModuleKind = 'linear' | 'conv1d' | 'embedding' | 'norm';

export interface Row {
  /** Relative to its section: 'self_attn.q_proj'. */
  readonly name: string;
  readonly kind: ModuleKind;
  /** An embedding has its entries as in, its width as out; a norm has its features as both. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** Shares its weight with another row, which counts it. */
  readonly tied?: boolean;
  /** Only in layer 0 of a repeated section. */
  readonly firstOnly?: boolean;
}

export interface Section {
  /** Relative to the bare model: 'layers'; '' for its own modules. */
  readonly path: string;
  /** How many layers the section stands for; each adds its index to the path. */
  readonly repeat?: number;
  readonly rows: readonly Row[];
}

export const linear = (name: string, inFeatures: number, outFeatures: number, bias = false): Row => ({
  name,
  kind: 'linear',
  inFeatures,
  outFeatures,
  bias,
});
export const conv1d = (name: string, inFeatures: number, outFeatures: number): Row => ({
  name,
  kind: 'conv1d',
  inFeatures,
  outFeatures,
  bias: true,
});
export const embedding = (name: string, entries: number, width: number): Row => ({
  name,
  kind: 'embedding',
  inFeatures: entries,
  outFeatures: width,
  bias: false,
});
/** RMSNorm has no bias, LayerNorm has. */
export const norm = (name: string, features: number, bias = false): Row => ({
  name,
  kind: 'norm',
  inFeatures: features,
  outFeatures: features,
  bias,
});
export const tied = (row: Row): Row => ({ ...row, tied: true });
