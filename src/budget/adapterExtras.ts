/** What a config trains or saves besides its adapters: whole modules, single tokens, biases, embeddings. */

import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { withContainers } from './adapterTargets';
import { ConfigError } from '../peftConfig/errors';
import { TargetError } from './errors';
import type { Part } from './methods/method';
import { asBase, stored, trained } from './methods/method';
import type { Module, ModuleTable } from './moduleTable';
import { isTied, moduleTensors } from './moduleTable';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { elements } from './safetensorsSize';

/** Parts with the name of the module that they belong to. */
export interface Extra {
  readonly module: string;
  readonly parts: readonly Part[];
}

/** Input embedding and output layer. PEFT recognises them by these names only. */
const EMBEDDING_NAMES = ['embed_tokens', 'lm_head'];

/** Modules trained in full, as copies. A name matches every module path that ends with it, even within a segment. */
export function trainedModules(table: ModuleTable, names: readonly string[], tie: boolean): readonly Extra[] {
  if (names.length === 0) return [];
  const all = withContainers(table);
  const chosen = all.filter(({ name }) => names.some((end) => name.endsWith(end)));
  const chosenNames = new Set(chosen.map(({ name }) => name));
  const outer = chosen.filter(({ name }) => !holdersOf(name).some((holder) => chosenNames.has(holder)));
  const lists = new Set(all.map(({ name }) => /^(.*)\.\d+$/.exec(name)?.[1]));
  const list = outer.find(({ name }) => lists.has(name));
  if (list) throw new TargetError(`modules_to_save matches '${list.name}', a list of layers, which PEFT cannot copy`);
  const tiedTo = tie ? tiedEmbedding(table, names) : null;
  const output = table.modules.find(({ name }) => tiedTo !== null && name === table.outputEmbedding);
  // PEFT wraps the input embedding too if only the output layer is named: the copies share its weight.
  const input = table.modules.find(({ name }) => name === tiedTo);
  const ends = [input, output].filter((end): end is Module => end !== undefined);
  const copied = [...outer, ...ends.filter((end) => !outer.some(({ name }) => name === end.name))];
  return copied.map((container) => {
    const inside = table.modules.filter(({ name }) => name === container.name || name.startsWith(`${container.name}.`));
    const shared = tiedTo !== null && container.name === table.outputEmbedding;
    const parts = inside.flatMap((module) =>
      moduleTensors(module).map(({ name, shape }): Part => {
        const part = asBase(trained(name, ...shape));
        // A tensor that the module shares internally stays shared in its copy.
        const twice = module.tiedBias === true && name.endsWith('.bias') && inside.length > 1;
        return shared || twice ? { ...part, role: 'buffer' } : part;
      }),
    );
    return { module: container.name, parts };
  });
}

/** The names of the modules that contain this one. */
function holdersOf(name: string): string[] {
  const segments = name.split('.');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('.'));
}

/** The input embedding, if `ensure_weight_tying` keeps the copies of both ends tied; else `null`. */
function tiedEmbedding(table: ModuleTable, names: readonly string[]): string | null {
  if (!names.some((name) => EMBEDDING_NAMES.includes(name.slice(name.lastIndexOf('.') + 1)))) return null;
  return isTied(table) ? table.inputEmbedding : null;
}

/**
 * Both ends of a tied model, if `ensure_weight_tying` extends a LoRA on one of them to the other. `null` if nothing is
 * tied, or if the ends are trained in full.
 */
export function tiedWithTargets(table: ModuleTable, settings: AdapterSettings): readonly Module[] | null {
  if (!settings.flag('ensure_weight_tying') || !isTied(table)) return null;
  const isEnd = (name: string): boolean => EMBEDDING_NAMES.includes(lastSegment(name));
  if (settings.names('modules_to_save')?.some(isEnd)) return null;
  const targets = settings.namesOrPattern('target_modules') ?? [];
  const named =
    typeof targets === 'string'
      ? EMBEDDING_NAMES.some((name) => new PythonPattern(targets).fullMatch(name))
      : targets.some(isEnd);
  if (!named) return null;
  return table.modules.filter(({ name, kind, tied }) => name === table.inputEmbedding || (tied && kind !== 'norm'));
}

/** New values for individual tokens. The embedding itself stays frozen. */
export function trainedTokens(table: ModuleTable, settings: AdapterSettings): readonly Extra[] {
  const value = settings.raw('trainable_token_indices');
  if (value === null) return [];
  const byModule: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? [[lastSegment(table.inputEmbedding ?? 'embed_tokens'), value]]
    : Object.entries(settings.object('trainable_token_indices') ?? {});
  const tied = byModule.length > 1 && isTied(table);
  if (tied && settings.flag('ensure_weight_tying') && !sameTokens(byModule))
    throw new ConfigError('trainable_token_indices', value, 'the same tokens for both ends of a tied embedding');
  const skipped = tied && sameTokens(byModule) ? table.outputEmbedding : null;
  return byModule.flatMap(([end, indices]) => {
    const count = tokenCount('trainable_token_indices', indices);
    const modules = table.modules.filter(({ name }) => name.endsWith(end));
    if (modules.length === 0) throw new TargetError(`trainable_token_indices: no module is named '${end}'`);
    for (const module of modules) checkTokens('trainable_token_indices', indices, module);
    if (settings.names('modules_to_save')?.includes(end))
      throw new ConfigError('trainable_token_indices', end, 'a module that is not in modules_to_save');
    return modules
      .filter(({ name }) => name !== skipped)
      .map((module) => ({
        module: module.name,
        parts: [trained(`${module.name}.token_adapter.trainable_tokens_delta`, count, tokenWidth(module))],
      }));
  });
}

function sameTokens(byModule: readonly (readonly [string, unknown])[]): boolean {
  const [first, ...others] = byModule.map(([, indices]) => JSON.stringify(indices));
  return others.every((each) => each === first);
}

export function tokenCount(key: string, indices: unknown): number {
  if (!Array.isArray(indices) || !indices.every((index) => Number.isInteger(index)))
    throw new ConfigError(key, indices, 'a list of token indices');
  return indices.length;
}

/** Throws `ConfigError` for a token outside the module: PEFT reads the rows of these tokens. */
export function checkTokens(key: string, indices: unknown, { name, kind, inFeatures, outFeatures }: Module): void {
  const rows = kind === 'embedding' ? inFeatures : outFeatures;
  const stray: unknown = Array.isArray(indices) ? indices.find((index) => index >= rows || index < -rows) : undefined;
  if (stray !== undefined) throw new ConfigError(key, stray, `token indices of '${name}', which has ${rows} rows`);
}

/** Width of a token: the output size of an embedding, or the input size of an output layer. */
export function tokenWidth({ kind, inFeatures, outFeatures }: Module): number {
  return kind === 'embedding' ? outFeatures : inFeatures;
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

interface TrainedBias extends Extra {
  /** The model's own parameters that are trained with the adapter. */
  readonly parameters: number;
}

/** The model's biases that `bias` makes trainable: those of all modules, or of the adapted ones only. */
export function trainedBiases(
  table: ModuleTable,
  settings: AdapterSettings,
  adapted: ReadonlySet<string>,
  whole: readonly Extra[],
): readonly TrainedBias[] {
  const bias = settings.text('bias');
  if (bias === null || bias === 'none') return [];
  if (bias !== 'all' && !bias.endsWith('_only')) throw new ConfigError('bias', bias, '"none", "all" or "..._only"');
  const extras: TrainedBias[] = [];
  for (const module of table.modules) {
    const isAdapted = adapted.has(module.name);
    if (bias !== 'all' && !isAdapted) continue;
    const holder = whole.find(({ module: name }) => module.name === name || module.name.startsWith(`${name}.`))?.module;
    const rest = holder === undefined ? '' : module.name.slice(holder.length);
    // The file holds two biases of a module trained in full: the original's, and the copy's, which alone is trained.
    const paths =
      holder === undefined
        ? [isAdapted ? `${module.name}.base_layer` : module.name]
        : // PEFT removes the adapter's name from a key only if it is the second-to-last segment.
          [`${holder}.original_module${rest}`, `${holder}.modules_to_save${rest && `.default${rest}`}`];
    const parts: Part[] = [];
    let parameters = 0;
    for (const { name, shape } of moduleTensors(module)) {
      const tensor = name.slice(module.name.length + 1);
      if (tensor !== 'bias') continue;
      if (holder === undefined && (bias !== 'all' || !module.tiedBias)) parameters += elements(shape);
      for (const path of paths) parts.push(asBase(stored(`${path}.bias`, ...shape)));
    }
    if (parameters > 0 || parts.length > 0) extras.push({ module: module.name, parts, parameters });
  }
  return extras;
}

/** PEFT saves an adapted embedding in full if the targets list its usual name, or a pattern matches that name. */
export function savedEmbeddings(
  table: ModuleTable,
  targets: readonly string[] | { fullMatch(name: string): boolean } | 'all-linear',
  adapted: ReadonlySet<string>,
): readonly Extra[] {
  if (targets === 'all-linear') return [];
  const named =
    'fullMatch' in targets
      ? table.modules.some(({ name }) => EMBEDDING_NAMES.includes(lastSegment(name)) && targets.fullMatch(name))
      : EMBEDDING_NAMES.some((name) => targets.includes(name));
  if (!named) return [];
  return table.modules
    .filter(({ name }) => adapted.has(name) && (name === table.inputEmbedding || name === table.outputEmbedding))
    .map((module) => ({
      module: module.name,
      parts: moduleTensors(module).map(({ name, shape }): Part => {
        const tensor = name.slice(module.name.length + 1);
        return asBase(stored(`${module.name}.base_layer.${tensor}`, ...shape));
      }),
    }));
}
