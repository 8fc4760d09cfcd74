/**
 * Which modules a LoRA config adapts, by PEFT's rules: suffix lists, `all-linear`, exclusions, a choice of layers.
 *
 * Left out: `target_modules` as one regular expression, which is Python's and is refused by name.
 * Source: huggingface/peft, `tuners_utils.check_target_module_exists`, as of 0.21.
 */

import { BudgetError } from './errors';
import type { Module, ModuleTable } from './moduleTable';

export interface TargetSelection {
  readonly targets: readonly string[] | 'all-linear';
  readonly exclude?: readonly string[];
  /** Layer indices to adapt; all where absent. */
  readonly layers?: readonly number[];
  /** Names of the list that holds the layers, where the first index in a name is not the layer's. */
  readonly layersPattern?: readonly string[];
  /** Modules trained whole, which get no adapter. */
  readonly modulesToSave?: readonly string[];
}

/** The boundary is a dot: 'q_proj' is not a target's suffix of 'my_q_proj'. */
export function matchesTarget(name: string, target: string): boolean {
  // The plain end decides for most names, without making a string.
  return name.endsWith(target) && (name.length === target.length || name[name.length - target.length - 1] === '.');
}

/** True where the name may be adapted by the layer rules: its first index, after at least two segments, is in `layers`. */
export function inLayers(name: string, layers: readonly number[], layersPattern: readonly string[] = []): boolean {
  // PEFT takes an empty pattern for none.
  const patterns = layersPattern.filter(Boolean);
  if (patterns.length === 0) return layerAt(name, /^.*?\.[^.]*\.(\d+)\./, layers);
  return patterns.some((pattern) => {
    if (!/^\w+$/.test(pattern))
      throw new BudgetError(`layers_pattern '${pattern}': only a plain name can be evaluated`);
    return layerAt(name, new RegExp(`^.*?\\.${pattern}\\.(\\d+)\\.`), layers);
  });
}

function layerAt(name: string, pattern: RegExp, layers: readonly number[]): boolean {
  const index = pattern.exec(name)?.[1];
  return index !== undefined && layers.includes(Number(index));
}

/** In the order of the table. */
export function selectModules(table: ModuleTable, selection: TargetSelection): Module[] {
  const { targets, exclude = [], layers, layersPattern, modulesToSave = [] } = selection;
  return table.modules.filter((module) => {
    const { name } = module;
    if (exclude.some((entry) => matchesTarget(name, entry))) return false;
    if (modulesToSave.length > 0 && modulesToSave.some((entry) => `.${name}.`.includes(`.${entry}.`))) return false;
    if (targets === 'all-linear') return isLinear(module) && name !== table.outputEmbedding;
    if (!targets.some((target) => matchesTarget(name, target))) return false;
    // An exact name is taken whatever its layer.
    return layers === undefined || targets.includes(name) || inLayers(name, layers, layersPattern);
  });
}

/**
 * The value of the first key of a rank_pattern or alpha_pattern that fits the name: the key is the name's end, from a
 * dot on, or the whole name after '^'. Keys with other regular-expression characters are refused.
 */
export function patternValue(pattern: readonly (readonly [string, number])[], name: string): number | null {
  for (const [key, value] of pattern) {
    const anchored = key.startsWith('^');
    const plain = anchored ? key.slice(1) : key;
    if (!/^[\w.-]+$/.test(plain)) throw new BudgetError(`pattern '${key}': only plain module names can be evaluated`);
    if (anchored ? name === plain : matchesTarget(name, plain)) return value;
  }
  return null;
}

export function isLinear({ kind }: Module): boolean {
  return kind === 'linear' || kind === 'conv1d';
}
