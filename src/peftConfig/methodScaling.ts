/** What the change of a method that is no product B * A is multiplied by: PEFT keeps it in the config alone. */

import { finite, positiveInteger } from './adapterConfig';
import type { AdapterConfig } from './adapterConfig';
import type { Scaling } from './peftScaling';

/** Methods with alpha / rank: the config's name of alpha, its default, and the rank's. */
const OVER_RANK: ReadonlyMap<string, readonly [key: string, alpha: number, rank: number]> = new Map([
  ['GRALORA', ['alpha', 64, 32]],
  ['RANDLORA', ['randlora_alpha', 640, 32]],
  ['PSOFT', ['psoft_alpha', 32, 32]],
]);
/** Methods whose config has the factor itself, with PEFT's defaults. */
const DIRECT: ReadonlyMap<string, number> = new Map([
  ['FOURIERFT', 150],
  ['WAVEFT', 25],
  ['LILY', 1],
  ['PEANUT', 1],
]);

/** Null for a method without such a factor, and without a config to name it. */
export function methodScaling(method: string, config: AdapterConfig | null): Scaling | null {
  if (config?.peftType !== method) return null;
  const direct = DIRECT.get(method);
  if (direct !== undefined) {
    const scaling = finite(config.get('scaling')) ?? direct;
    return { alpha: null, scaling, scalingSource: `scaling = ${scaling} (adapter_config.json)` };
  }
  const known = OVER_RANK.get(method);
  if (!known) return null;
  const alpha = finite(config.get(known[0])) ?? known[1];
  const rank = positiveInteger(config.get('r')) ?? known[2];
  // GraLoRA may have a plain LoRA beside its grid of blocks, and divides by the ranks of both.
  const beside = method === 'GRALORA' ? (positiveInteger(config.get('hybrid_r')) ?? 0) : 0;
  const divisor = beside > 0 ? `(${rank} + ${beside})` : String(rank);
  return { alpha, scaling: alpha / (rank + beside), scalingSource: `alpha / r = ${alpha} / ${divisor}` };
}
