/** The factor of methods whose change is not a product B * A; PEFT keeps it in the config alone. */

import { finite, positiveInteger } from './adapterConfig';
import type { AdapterConfig } from './adapterConfig';
import { FOURIERFT, GRALORA, LILY, PEANUT, PSOFT, RANDLORA, WAVEFT } from './moduleMethods';
import type { Scaling } from './peftScaling';
import { defaultNumber } from './signature';

/** Methods that scale by alpha / r: the key of alpha, and the row of the table with the defaults. */
const OVER_RANK: ReadonlyMap<string, readonly [alpha: string, row: string]> = new Map([
  ['GRALORA', ['alpha', GRALORA]],
  ['RANDLORA', ['randlora_alpha', RANDLORA]],
  ['PSOFT', ['psoft_alpha', PSOFT]],
]);
/** Methods whose config holds the factor itself, as `scaling`. */
const DIRECT: ReadonlyMap<string, string> = new Map([
  ['FOURIERFT', FOURIERFT],
  ['WAVEFT', WAVEFT],
  ['LILY', LILY],
  ['PEANUT', PEANUT],
]);

/** `null` for a method without such a factor, or if the config is of another method. */
export function methodScaling(method: string, config: AdapterConfig | null): Scaling | null {
  if (config?.peftType !== method) return null;
  const direct = DIRECT.get(method);
  if (direct !== undefined) {
    const scaling = finite(config.get('scaling')) ?? defaultNumber(direct, 'scaling');
    return { alpha: null, scaling, scalingSource: `scaling = ${scaling} (adapter_config.json)` };
  }
  const known = OVER_RANK.get(method);
  if (!known) return null;
  const [key, row] = known;
  const alpha = finite(config.get(key)) ?? defaultNumber(row, key);
  const rank = positiveInteger(config.get('r')) ?? defaultNumber(row, 'r');
  // GraLoRA may have a plain LoRA beside its grid of blocks; PEFT divides by the sum of both ranks.
  const beside = method === 'GRALORA' ? (positiveInteger(config.get('hybrid_r')) ?? 0) : 0;
  const divisor = beside > 0 ? `(${rank} + ${beside})` : String(rank);
  return { alpha, scaling: alpha / (rank + beside), scalingSource: `alpha / r = ${alpha} / ${divisor}` };
}
