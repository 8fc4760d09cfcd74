/**
 * What the forward pass of a family of decoders has beyond its module table (src/budget/architectures). The table says
 * which projections, biases and norms there are; a row here says how they compute. All rows so far share the block of
 * Llama: RMSNorm before attention and before a gated feed-forward layer, and rotary positions.
 *
 * Source: the modelling code of huggingface/transformers 5.
 */

import type { RawConfig } from '../peftConfig/configValues';
import { flag, readCount } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';

export interface Family {
  /** The number of latest keys that a query of this layer sees; `null` if it sees all of them. */
  readonly window: (config: RawConfig, layer: number) => number | null;
}

/** Configs write windows of up to a million tokens. */
const MAX_WINDOW = 1 << 24;
/** Defaults of the config classes. */
const USUAL_WINDOW = 4096;
const QWEN_FULL_LAYERS = 28;

const full: Family = { window: () => null };

/** Every layer has the window, unless the config sets it to null. */
const everyLayer: Family = { window: (config) => windowOf(config) };

/** `layer_types` names the layers with a window; otherwise those from `max_window_layers` on have it. */
const laterLayers: Family = {
  window: (config, layer) => {
    if (!flag(config, 'use_sliding_window', false)) return null;
    const types = config['layer_types'];
    const first = config['max_window_layers'] ?? QWEN_FULL_LAYERS;
    if (typeof first !== 'number') throw new ConfigError('max_window_layers', first, 'a number');
    const slides = Array.isArray(types) ? types[layer] === 'sliding_attention' : layer >= first;
    return slides ? windowOf(config) : null;
  },
};

const FAMILIES: Readonly<Record<string, Family>> = {
  llama: full,
  mistral: everyLayer,
  qwen2: laterLayers,
  qwen3: laterLayers,
};

/** `null` for a model type that has no row. */
export function familyOf(modelType: string): Family | null {
  return Object.hasOwn(FAMILIES, modelType) ? FAMILIES[modelType]! : null;
}

export function modelFamilies(): readonly string[] {
  return Object.keys(FAMILIES);
}

function windowOf(config: RawConfig): number | null {
  if (config['sliding_window'] === null) return null;
  return readCount(config, ['sliding_window'], MAX_WINDOW) ?? USUAL_WINDOW;
}
