/** The scaling factor of methods whose update is not a product B * A. PEFT keeps it only in the config. */

import { finite, positiveInteger } from './adapterConfig';
import type { AdapterConfig } from './adapterConfig';
import type { Scaling } from './peftScaling';
import {
  FOURIERFT_SCALING,
  GRALORA_ALPHA,
  GRALORA_RANK,
  LILY_SCALING,
  PEANUT_SCALING,
  PSOFT_ALPHA,
  PSOFT_RANK,
  RANDLORA_ALPHA,
  RANDLORA_RANK,
  WAVEFT_SCALING,
} from './scalingDefaults';

/** Methods that scale by alpha / r: the key of alpha, its default, and the default of r. */
const OVER_RANK: ReadonlyMap<string, readonly [key: string, alpha: number, rank: number]> = new Map([
  ['GRALORA', ['alpha', GRALORA_ALPHA, GRALORA_RANK]],
  ['RANDLORA', ['randlora_alpha', RANDLORA_ALPHA, RANDLORA_RANK]],
  ['PSOFT', ['psoft_alpha', PSOFT_ALPHA, PSOFT_RANK]],
]);
/** Methods whose config holds the factor itself, as `scaling`, with its default. */
const DIRECT: ReadonlyMap<string, number> = new Map([
  ['FOURIERFT', FOURIERFT_SCALING],
  ['WAVEFT', WAVEFT_SCALING],
  ['LILY', LILY_SCALING],
  ['PEANUT', PEANUT_SCALING],
]);

/** `null` for a method without such a factor, or if the config is of another method. */
export function methodScaling(method: string, config: AdapterConfig | null): Scaling | null {
  if (config?.peftType !== method) return null;
  const direct = DIRECT.get(method);
  if (direct !== undefined) {
    const scaling = finite(config.get('scaling')) ?? direct;
    return { alpha: null, scaling, scalingSource: `scaling = ${scaling} (adapter_config.json)` };
  }
  const known = OVER_RANK.get(method);
  if (!known) return null;
  const [key, usualAlpha, usualRank] = known;
  const alpha = finite(config.get(key)) ?? usualAlpha;
  const rank = positiveInteger(config.get('r')) ?? usualRank;
  // GraLoRA may have a plain LoRA in addition to its grid of blocks; PEFT divides by the sum of both ranks.
  const beside = method === 'GRALORA' ? (positiveInteger(config.get('hybrid_r')) ?? 0) : 0;
  const divisor = beside > 0 ? `(${rank} + ${beside})` : String(rank);
  return { alpha, scaling: alpha / (rank + beside), scalingSource: `alpha / r = ${alpha} / ${divisor}` };
}
