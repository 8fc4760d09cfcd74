/** Presets as rows of sizes: one table for models that share the other keys of their configs. */

import type { RawConfig } from '../../peftConfig/configValues';

export interface Preset {
  readonly id: string;
  readonly title: string;
  /** The keys of the published config.json that determine the shapes. */
  readonly config: RawConfig;
  /** Hub ids of the models with exactly these shapes: base, instruct and distilled ones. */
  readonly hubIds: readonly string[];
}

type PresetRow = readonly [
  sizes: readonly number[],
  hubIds: readonly [string, ...string[]],
  own?: {
    /** The last part of the first Hub id if absent. */
    readonly title?: string;
    /** The title in lower case if absent. */
    readonly id?: string;
    /** Keys that the other models of the table lack or have in common. */
    readonly config?: RawConfig;
  },
];

/** The sizes that most decoders have. */
export const DECODER_SIZES = [
  'vocab_size',
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
] as const;

/** The sizes of a row are the values of `keys`, in order. */
export function presetTable(common: RawConfig, keys: readonly string[], rows: readonly PresetRow[]): Preset[] {
  return rows.map(([sizes, hubIds, own = {}]) => {
    const title = own.title ?? lastPart(hubIds[0]);
    const named = Object.fromEntries(keys.map((key, index) => [key, sizes[index]]));
    return { id: own.id ?? title.toLowerCase(), title, config: { ...common, ...named, ...own.config }, hubIds };
  });
}

/** 'Llama-2-7b-hf' in 'meta-llama/Llama-2-7b-hf'. */
export function lastPart(hubId: string): string {
  return hubId.slice(hubId.lastIndexOf('/') + 1);
}
