/** What a module's product is multiplied by, and where that comes from. */

import type { LoraModuleInfo, Problem } from '../protocol/source';
import { finite, positiveInteger } from './adapterConfig';
import type { AdapterConfig, PatternValue } from './adapterConfig';
import type { AdapterPart } from './adapterParts';
import { quoted } from './errors';
import { patternName } from './wrappedPath';

/** Modules times pattern keys; a real adapter has hundreds of each, a hostile one would hold us up for minutes. */
const MAX_PATTERN_CHECKS = 10_000_000;
/** Defaults of PEFT's AdaLoraConfig and of the configs whose alpha goes by another name. */
const DEFAULT_INIT_RANK = 12;
const ALPHA_KEYS: ReadonlyMap<string, readonly [key: string, missing: number]> = new Map([
  ['LOHA', ['alpha', 8]],
  ['LOKR', ['alpha', 8]],
]);
/** AdaLoRA divides by the rank and this, so that a module pruned to nothing divides by no zero (PEFT). */
const ADALORA_EPSILON = 1e-5;
/** Methods whose product has no further factor. */
const UNSCALED: ReadonlySet<string> = new Set(['VERA', 'PVERA', 'DELORA', 'HIRA']);

export const UNKNOWN_ALPHA = 'alpha unknown: scaling taken as 1';

export interface Patterns {
  readonly rank: readonly PatternValue[];
  readonly alpha: readonly PatternValue[];
}

export type Scaling = Pick<LoraModuleInfo, 'alpha' | 'scaling' | 'scalingSource'>;

export interface StoredScalars {
  /** Values of the stored alphas and scales by tensor name. */
  readonly scalars: ReadonlyMap<string, number>;
  /** `adapter.lora.alpha` of a GGUF file. */
  readonly loraAlpha: number | undefined;
}

/** The patterns of the config, or none where matching them would take too long. */
export function usablePatterns(modules: number, config: AdapterConfig | null, problems: Problem[]): Patterns {
  if (!config) return { rank: [], alpha: [] };
  const checks = modules * (config.rankPattern.length + config.alphaPattern.length);
  if (checks <= MAX_PATTERN_CHECKS) return { rank: config.rankPattern, alpha: config.alphaPattern };
  const limit = `at most ${MAX_PATTERN_CHECKS} are made`;
  const message = `rank_pattern and alpha_pattern are left out: matching them takes ${checks} steps, ${limit}`;
  problems.push({ severity: 'warning', message });
  return { rank: [], alpha: [] };
}

/**
 * `name` is the module's, or its expert's; `rank` is the one that alpha is divided by, in the tensors; null where both factors of a LoKr are whole, and LyCORIS
 * then takes 1.
 */
export function scalingOf(
  name: string,
  { method, style, tensors }: AdapterPart,
  rank: number | null,
  config: AdapterConfig | null,
  patterns: Patterns,
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
  }
  if (!config || style === 'diffusers' || style === 'mlx' || style === 'gguf')
    return { alpha: null, scaling: 1, scalingSource: UNKNOWN_ALPHA };
  if (style === 'adapterhub') return adapterHubScaling(config, rank);
  if (method === 'ADALORA') return adaLoraScaling(config);
  return peftScaling(name, { method, tensors }, rank, config, patterns, problems);
}

/** What r and rank_pattern say of one module. */
export function configuredRank(module: string, { rank, rankPattern }: AdapterConfig): number {
  const path = patternName(module);
  return rankPattern.find(({ matches }) => matches(path))?.value ?? rank;
}

function peftScaling(
  module: string,
  { method, tensors }: Pick<AdapterPart, 'method' | 'tensors'>,
  tensorRank: number | null,
  config: AdapterConfig,
  patterns: Patterns,
  problems: Problem[],
): Scaling {
  const path = patternName(module);
  const rankPattern = patterns.rank.find(({ matches }) => matches(path));
  const alphaPattern = patterns.alpha.find(({ matches }) => matches(path));
  const configured = rankPattern?.value ?? config.rank;
  const named = ALPHA_KEYS.get(method);
  const alpha = alphaPattern?.value ?? (named ? (finite(config.get(named[0])) ?? named[1]) : config.alpha);
  const rank = tensorRank ?? configured;
  if (configured !== rank && rank > 0 && !tensors.has('inner')) {
    const source = rankPattern ? `rank_pattern ${quoted(rankPattern.key)}` : 'r';
    const said = `adapter_config.json says ${configured} (${source})`;
    const message = `${quoted(module)}: the tensors have rank ${rank}, ${said}; ${rank} is used`;
    problems.push({ severity: 'warning', message, subject: module });
  }
  const notes: string[] = [];
  if (rankPattern) notes.push(`rank_pattern ${quoted(rankPattern.key)}`);
  if (alphaPattern) notes.push(`alpha_pattern ${quoted(alphaPattern.key)}`);
  else if (!named && config.defaulted.has('lora_alpha')) notes.push("lora_alpha is missing: PEFT's default");
  const suffix = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (config.useRslora) {
    const scalingSource = `alpha / sqrt(r) = ${alpha} / sqrt(${rank})${suffix}`;
    return { alpha, scaling: alpha / Math.sqrt(rank), scalingSource };
  }
  return { alpha, scaling: alpha / rank, scalingSource: `alpha / r = ${alpha} / ${rank}${suffix}` };
}

/** alpha over the rank before pruning, which is what `ranknum` holds after loading. */
function adaLoraScaling(config: AdapterConfig): Scaling {
  const initRank = positiveInteger(config.get('init_r')) ?? DEFAULT_INIT_RANK;
  const alpha = config.alpha > 0 ? config.alpha : initRank;
  const scalingSource = `alpha / init_r = ${alpha} / ${initRank}`;
  return { alpha, scaling: alpha / (initRank + ADALORA_EPSILON), scalingSource };
}

/** AdapterHub's LoRA keeps r and alpha in the method's own object. */
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
