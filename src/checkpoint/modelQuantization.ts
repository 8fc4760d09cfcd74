/** How the weights of a model are quantised, as its config.json states it. */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';

/** transformers' `quantization_config`, or mlx-lm's `quantization`; `null` if the config has neither. */
export function modelQuantization(config: unknown): RawConfig | null {
  if (!isObject(config)) return null;
  const text = isObject(config['text_config']) ? config['text_config'] : {};
  const said = [
    config['quantization_config'],
    config['quantization'],
    // compressed-tensors before it was part of transformers.
    config['compression_config'],
    text['quantization_config'],
  ].find(isObject);
  return said ?? null;
}
