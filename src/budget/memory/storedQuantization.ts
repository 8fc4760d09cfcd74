/** Reads from a model's config.json how its weights are quantised on the disk, for estimates that were not told. */

import type { RawConfig } from '../../peftConfig/configValues';
import { flag, isObject, text as textOf } from '../../peftConfig/configValues';
import type { Quantization } from './setup';

interface StoredQuantization {
  /** The setting that describes the weights; `null` if none does. */
  readonly setting: Quantization | null;
  /** A sentence about what the estimate assumes. */
  readonly warning: string;
}

/** `null` for a model that is not quantised. bitsandbytes has settings of its own. */
export function storedQuantization(config: unknown): StoredQuantization | null {
  if (!isObject(config)) return null;
  const text = isObject(config['text_config']) ? config['text_config'] : {};
  const places = [config['quantization_config'], config['quantization'], config['compression_config']];
  const said = [...places, text['quantization_config']].find(isObject);
  if (!said) return null;
  const method = textOf(said, 'quant_method') ?? textOf(said, 'quant_algo') ?? 'an unnamed method';
  const setting = settingOf(said, method);
  if (setting !== null)
    return { setting, warning: `The base weights are counted as ${setting}, which quantization_config states.` };
  const bits = said['bits'];
  const width = typeof bits === 'number' ? `, ${bits} bits` : '';
  return {
    setting: null,
    warning:
      `quantization_config says that the base weights are quantised (${method.slice(0, 40)}${width}). No setting covers ` +
      'this method, so they are counted unquantised: the true figure is lower.',
  };
}

function settingOf(said: RawConfig, method: string): Quantization | null {
  if (method !== 'bitsandbytes' && !Object.hasOwn(said, 'load_in_4bit') && !Object.hasOwn(said, 'load_in_8bit'))
    return null;
  if (flag(said, 'load_in_8bit', false) || flag(said, '_load_in_8bit', false)) return 'int8';
  return flag(said, 'bnb_4bit_use_double_quant', false) ? 'nf4-double' : 'nf4';
}
