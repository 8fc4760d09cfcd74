/** Pairs the halves of LoRA modules and works out each module's rank, alpha and scaling, with where they came from. */

import type { LoraModuleInfo, Problem } from '../protocol/source';
import type { AdapterConfig, PatternValue } from './adapterConfig';
import { quoted } from './errors';
import { factorLayout } from './factorLayout';
import type { FactorLayout } from './factorLayout';
import { placeModules } from './layerGroups';
import { readLoraName } from './loraNames';
import type { LoraRole, LoraStyle } from './loraNames';
import type { TensorEntry } from './header';

/** Modules times pattern keys; a real adapter has hundreds of each, a hostile one would hold us up for minutes. */
const MAX_PATTERN_CHECKS = 10_000_000;

export interface LoraPairing {
  readonly modules: readonly LoraModuleInfo[];
  /** By module: how its stored halves are read as A (rank, inFeatures) and B (outFeatures, rank). */
  readonly layouts: ReadonlyMap<string, { readonly a: FactorLayout; readonly b: FactorLayout }>;
  readonly problems: readonly Problem[];
}

interface Parts {
  readonly module: string;
  style: LoraStyle;
  readonly tensors: Map<LoraRole, TensorEntry>;
}

/** Tensors that hold one number each, which `pairLora` needs: kohya's alphas. */
export function alphaTensors(tensors: readonly TensorEntry[]): TensorEntry[] {
  const parts = collect(tensors);
  return parts.flatMap(({ tensors: found }) => {
    const alpha = found.get('alpha');
    return alpha && alpha.readable && (found.has('a') || found.has('b')) ? [alpha] : [];
  });
}

/** `alphas` holds the values of `alphaTensors` by tensor name. */
export function pairLora(
  tensors: readonly TensorEntry[],
  config: AdapterConfig | null,
  alphas: ReadonlyMap<string, number>,
): LoraPairing {
  const parts = collect(tensors).filter(({ tensors: found }) => found.has('a') || found.has('b'));
  const places = placeModules(parts.map(({ module }) => module));
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const layouts = new Map<string, { a: FactorLayout; b: FactorLayout }>();
  const problems: Problem[] = [];
  const patterns = usablePatterns(parts.length, config, problems);

  const modules = parts.map((part, i): LoraModuleInfo => {
    const { module, style, tensors: found } = part;
    const a = found.get('a');
    const b = found.get('b');
    const layoutA = a && factorLayout(style, 'a', a.shape);
    const layoutB = b && factorLayout(style, 'b', b.shape);
    const rank = layoutA?.rows ?? layoutB?.columns ?? 0;
    const unavailable = whyUnavailable(part, layoutA ?? null, layoutB ?? null, config);
    const complete = layoutA && layoutB && unavailable === null ? { a: layoutA, b: layoutB } : null;
    const weight = complete && frozenWeight(part, complete.b.rows, complete.a.columns, stored, config);
    if (complete) layouts.set(module, complete);
    if (unavailable !== null)
      problems.push({ severity: 'warning', message: `${quoted(module)}: ${unavailable}`, subject: module });
    return {
      module,
      ...places[i]!,
      rank,
      ...scalingOf(part, rank, config, patterns, alphas, problems),
      inFeatures: layoutA?.columns ?? 0,
      outFeatures: layoutB?.rows ?? 0,
      a: a?.name ?? '',
      b: b?.name ?? '',
      ...(complete && (complete.a.reshaped || complete.b.reshaped) && { reshaped: true }),
      ...(weight && { weight }),
      ...(unavailable !== null && { unavailable }),
    };
  });
  const unknown = modules.filter(({ scalingSource }) => scalingSource === UNKNOWN_ALPHA).length;
  if (unknown > 0) problems.push({ severity: 'info', message: unknownAlphaMessage(unknown, config === null) });
  const magnitudes = parts.filter(({ tensors: found }) => found.has('magnitude')).length;
  if (magnitudes > 0) problems.push({ severity: 'info', message: doraMessage(magnitudes) });
  return { modules, layouts, problems };
}

const UNKNOWN_ALPHA = 'alpha unknown: scaling taken as 1';

function unknownAlphaMessage(count: number, withoutConfig: boolean): string {
  const where = withoutConfig
    ? 'there is no adapter_config.json beside the file'
    : 'it is not in the file or its config';
  return `the alpha of ${count} modules is unknown (${where}): their scaling is taken as 1`;
}

function doraMessage(count: number): string {
  return (
    `${count} modules are DoRA: their rows are scaled to learned magnitudes after scaling * B * A is added, ` +
    'so the product shown is the change of direction, not the whole change'
  );
}

function collect(tensors: readonly TensorEntry[]): Parts[] {
  const parts = new Map<string, Parts>();
  for (const tensor of tensors) {
    const name = readLoraName(tensor.name);
    if (!name) continue;
    const { module, style } = name;
    const part = parts.get(module) ?? { module, style, tensors: new Map<LoraRole, TensorEntry>() };
    parts.set(module, part);
    if (!part.tensors.has(name.role)) part.tensors.set(name.role, tensor);
    // An alpha may stand before the halves; it is they who tell the style.
    if (name.role === 'a' || name.role === 'b') part.style = style;
  }
  return [...parts.values()];
}

function whyUnavailable(
  { tensors }: Parts,
  a: FactorLayout | null,
  b: FactorLayout | null,
  config: AdapterConfig | null,
): string | null {
  const storedA = tensors.get('a');
  const storedB = tensors.get('b');
  if (!storedA) return 'the A half (down) is missing';
  if (!storedB) return 'the B half (up) is missing';
  for (const half of [storedA, storedB])
    if (!half.readable) return `the data of ${quoted(half.name)} is missing or damaged`;
  if (!a) return `A has shape [${storedA.shape.join(', ')}], which is no matrix`;
  if (!b) return `B has shape [${storedB.shape.join(', ')}], which is no matrix`;
  if (a.rows !== b.columns) return `the ranks differ: A has ${a.rows} rows, B has ${b.columns} columns`;
  if (a.rows === 0 || a.columns === 0 || b.rows === 0) return 'a factor has no entries';
  const inner = tensors.get('inner');
  if (inner)
    return `the product has a further factor between B and A, ${quoted(inner.name)}, which is not yet multiplied in`;
  if (config?.targetsParameters && a.rows > config.rank && a.rows % config.rank === 0) {
    return `the factors of ${a.rows / config.rank} experts are stacked in one pair, which is not yet taken apart`;
  }
  return null;
}

/** PEFT saves the base weight beside an embedding's factors; only one laid out as B * A can be added to it. */
function frozenWeight(
  { tensors, style }: Parts,
  rows: number,
  columns: number,
  stored: ReadonlyMap<string, TensorEntry>,
  config: AdapterConfig | null,
): string | null {
  if (style !== 'peft' || config?.fanInFanOut) return null;
  const path = tensors.get('a')!.name.replace(/\.lora_A.*$/, '');
  const weight = stored.get(`${path}.base_layer.weight`);
  const fits = weight?.readable && weight.shape.length === 2 && weight.shape[0] === rows && weight.shape[1] === columns;
  return fits ? weight.name : null;
}

interface Patterns {
  readonly rank: readonly PatternValue[];
  readonly alpha: readonly PatternValue[];
}

function usablePatterns(modules: number, config: AdapterConfig | null, problems: Problem[]): Patterns {
  if (!config) return { rank: [], alpha: [] };
  const checks = modules * (config.rankPattern.length + config.alphaPattern.length);
  if (checks <= MAX_PATTERN_CHECKS) return { rank: config.rankPattern, alpha: config.alphaPattern };
  const limit = `at most ${MAX_PATTERN_CHECKS} are made`;
  const message = `rank_pattern and alpha_pattern are left out: matching them takes ${checks} steps, ${limit}`;
  problems.push({ severity: 'warning', message });
  return { rank: [], alpha: [] };
}

type Scaling = Pick<LoraModuleInfo, 'alpha' | 'scaling' | 'scalingSource'>;

function scalingOf(
  { module, style, tensors }: Parts,
  rank: number,
  config: AdapterConfig | null,
  patterns: Patterns,
  alphas: ReadonlyMap<string, number>,
  problems: Problem[],
): Scaling {
  const stored = alphas.get(tensors.get('alpha')?.name ?? '') ?? 0;
  if (Number.isFinite(stored) && stored !== 0) {
    return { alpha: stored, scaling: stored / rank, scalingSource: `alpha / r = ${stored} / ${rank} (stored alpha)` };
  }
  if (style === 'kohya') return { alpha: null, scaling: 1, scalingSource: 'no alpha stored: alpha = r, scaling 1' };
  if (style === 'mlx') {
    const scale = config?.mlxScale ?? null;
    if (scale !== null) return { alpha: null, scaling: scale, scalingSource: `scale = ${scale} (lora_parameters)` };
  }
  if (!config || style === 'diffusers' || style === 'mlx') {
    return { alpha: null, scaling: 1, scalingSource: UNKNOWN_ALPHA };
  }
  const rankPattern = patterns.rank.find(({ matches }) => matches(module));
  const alphaPattern = patterns.alpha.find(({ matches }) => matches(module));
  const configured = rankPattern?.value ?? config.rank;
  const alpha = alphaPattern?.value ?? config.alpha;
  if (configured !== rank && rank > 0 && !tensors.has('inner') && !config.targetsParameters) {
    const source = rankPattern ? `rank_pattern ${quoted(rankPattern.key)}` : 'r';
    const said = `adapter_config.json says ${configured} (${source})`;
    const message = `${quoted(module)}: the tensors have rank ${rank}, ${said}; ${rank} is used`;
    problems.push({ severity: 'warning', message, subject: module });
  }
  const notes: string[] = [];
  if (rankPattern) notes.push(`rank_pattern ${quoted(rankPattern.key)}`);
  if (alphaPattern) notes.push(`alpha_pattern ${quoted(alphaPattern.key)}`);
  else if (config.defaulted.has('lora_alpha')) notes.push("lora_alpha is missing: PEFT's default");
  const suffix = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (config.useRslora) {
    return {
      alpha,
      scaling: alpha / Math.sqrt(rank),
      scalingSource: `alpha / sqrt(r) = ${alpha} / sqrt(${rank})${suffix}`,
    };
  }
  return { alpha, scaling: alpha / rank, scalingSource: `alpha / r = ${alpha} / ${rank}${suffix}` };
}
