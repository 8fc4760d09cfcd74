/** Determines the factor that scales a module's product, and its origin. */

import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import { finite, positiveInteger } from '../../peftConfig/adapterConfig';
import type { Scaling } from '../../peftConfig/peftScaling';
import { UNSCALED, adaLoraScaling, peftScaling } from '../../peftConfig/peftScaling';
import type { Problem } from '../../peftConfig/problem';
import type { AdapterPart } from './adapterPart';

export const UNKNOWN_ALPHA = 'alpha unknown: scaling taken as 1';

/** Layouts whose alpha is not in PEFT's config. */
const NO_PEFT_ALPHA: ReadonlySet<string> = new Set(['diffusers', 'mlx', 'gguf', 'ktransformers']);

interface StoredScalars {
  /** Values of the stored alphas and scales by tensor name. */
  readonly scalars: ReadonlyMap<string, number>;
  /** `adapter.lora.alpha` of a GGUF file. */
  readonly loraAlpha: number | undefined;
}

/**
 * `name` is the module's or expert's name. `rank` is the rank in the tensors that divides alpha, or `null` if both
 * factors of a LoKr are whole: LyCORIS then uses scaling 1.
 */
export function scalingOf(
  name: string,
  { method, style, tensors }: AdapterPart,
  rank: number | null,
  config: AdapterConfig | null,
  { scalars, loraAlpha }: StoredScalars,
  problems: Problem[],
): Scaling {
  if (UNSCALED.has(method)) return { alpha: null, scaling: 1, scalingSource: `none: ${method} has no alpha` };
  const value = (part: string): number => scalars.get(tensors.get(part)?.entry.name ?? '') ?? 0;
  const isPeft = config !== null && config.peftType !== null;
  const stored = value('alpha');
  const storedScale = value('scale');
  if (Number.isFinite(storedScale) && storedScale !== 0)
    return { alpha: null, scaling: storedScale, scalingSource: `scale = ${storedScale} (stored)` };
  if (Number.isFinite(stored) && stored !== 0) {
    if (rank === null) return { alpha: stored, scaling: 1, scalingSource: 'both factors are whole: scaling 1' };
    return { alpha: stored, scaling: stored / rank, scalingSource: `alpha / r = ${stored} / ${rank} (stored alpha)` };
  }
  if (style === 'gguf' && loraAlpha !== undefined && Number.isFinite(loraAlpha) && loraAlpha !== 0 && rank !== null) {
    const scalingSource = `alpha / r = ${loraAlpha} / ${rank} (adapter.lora.alpha)`;
    return { alpha: loraAlpha, scaling: loraAlpha / rank, scalingSource };
  }
  if (style === 'kohya' && !isPeft)
    return { alpha: null, scaling: 1, scalingSource: 'no alpha stored: alpha = r, scaling 1' };
  if (style === 'mlx') {
    const scale = config?.mlxScale ?? null;
    if (scale !== null) return { alpha: null, scaling: scale, scalingSource: `scale = ${scale} (lora_parameters)` };
    // mlx-vlm keeps both numbers at the top of its config.
    const [alpha, divisor] = [finite(config?.get('alpha')), positiveInteger(config?.get('rank'))];
    if (alpha !== null && divisor !== null)
      return { alpha, scaling: alpha / divisor, scalingSource: `alpha / rank = ${alpha} / ${divisor}` };
  }
  if (!config || NO_PEFT_ALPHA.has(style)) return { alpha: null, scaling: 1, scalingSource: UNKNOWN_ALPHA };
  if (style === 'adapterhub') return adapterHubScaling(config, rank);
  if (method === 'ADALORA') return adaLoraScaling(config);
  const module = { module: name, method, tensorRank: rank, hasInner: tensors.has('inner') };
  return peftScaling(module, config, problems);
}

/** AdapterHub's LoRA stores r and alpha in the method's own object. */
function adapterHubScaling(config: AdapterConfig, tensorRank: number | null): Scaling {
  const method = config.get('config');
  const get = (key: string): unknown =>
    typeof method === 'object' && method !== null && Object.hasOwn(method, key)
      ? (method as Readonly<Record<string, unknown>>)[key]
      : undefined;
  const alpha = finite(get('alpha'));
  const rank = tensorRank ?? positiveInteger(get('r')) ?? 1;
  if (alpha === null) return { alpha: null, scaling: 1, scalingSource: UNKNOWN_ALPHA };
  return { alpha, scaling: alpha / rank, scalingSource: `alpha / r = ${alpha} / ${rank}` };
}
