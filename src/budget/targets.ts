/**
 * Selects the modules that an adapter's config names, by PEFT's rules: suffix lists, one regular expression,
 * `all-linear`, exclusions, a choice of layers.
 *
 * Source: huggingface/peft, `tuners_utils.check_target_module_exists`, as of 0.21.
 */

import type { Module, ModuleTable } from './moduleTable';
import { PythonPattern } from '../peftConfig/pythonPattern';

export interface TargetSelection {
  readonly targets: readonly string[] | 'all-linear' | PythonPattern;
  readonly exclude?: readonly string[] | PythonPattern;
  /** Layer indices to adapt; all if absent. */
  readonly layers?: readonly number[];
  /** Names or patterns of the list of layers, for models in which the first index of a name is not the layer's. */
  readonly layersPattern?: readonly string[];
  /** Modules trained in full. They get no adapter. */
  readonly modulesToSave?: readonly string[];
}

/** A suffix must start after a dot: 'q_proj' does not match 'my_q_proj'. */
export function matchesTarget(name: string, target: string): boolean {
  return name === target || name.endsWith(`.${target}`);
}

/**
 * Whether the layer rules allow a name: its first index after at least two segments must be in `layers`, if
 * there are any.
 *
 * PEFT 0.21 also matches a pattern to the first segment of a name; its own test vectors do not.
 */
export function layerRule(layers: readonly number[], layersPattern: readonly string[]): (name: string) => boolean {
  if (layers.length === 0) return () => true;
  // PEFT treats an empty pattern as absent.
  const named = layersPattern.filter(Boolean);
  const sources = named.length > 0 ? named.map((pattern) => `.*?\\.${pattern}`) : ['.*?\\.[^.]*'];
  const patterns = sources.map((source) => new PythonPattern(`${source}\\.(?P<index>\\d+)\\.`, { group: 'index' }));
  return (name) => {
    for (const pattern of patterns) {
      const match = pattern.match(name);
      // The first pattern that matches decides.
      if (match) return layers.includes(Number(match.group));
    }
    return false;
  };
}

/** A name is excluded, targeted, or neither. */
type Verdict = 'excluded' | 'targeted' | 'unmatched';

/** The rule for a single name. `all-linear` does not depend on names and targets none here. */
export function targetRule(selection: TargetSelection): (name: string) => Verdict {
  const { targets, exclude = [], layers, layersPattern = [], modulesToSave = [] } = selection;
  const saved = modulesToSave.map((entry) => new PythonPattern(`(^|.*\\.)${entry}($|\\..*)`));
  const inLayer = layerRule(layers ?? [], layersPattern);
  const exact = new Set(Array.isArray(targets) ? targets : []);
  return (name) => {
    if (
      exclude instanceof PythonPattern ? exclude.fullMatch(name) : exclude.some((entry) => matchesTarget(name, entry))
    )
      return 'excluded';
    if (saved.some((pattern) => pattern.match(name))) return 'excluded';
    if (targets === 'all-linear') return 'unmatched';
    if (targets instanceof PythonPattern) return targets.fullMatch(name) ? 'targeted' : 'unmatched';
    // An exact name is targeted in any layer.
    if (exact.has(name)) return 'targeted';
    if (!endsInOneOf(name, exact)) return 'unmatched';
    return inLayer(name) ? 'targeted' : 'unmatched';
  };
}

/** `matchesTarget` for any of the targets, without trying each: configs may list every module by name. */
function endsInOneOf(name: string, targets: ReadonlySet<string>): boolean {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (targets.has(name.slice(dot + 1))) return true;
  }
  return false;
}

/** The selected modules in the order of the table. */
export function selectModules(table: ModuleTable, selection: TargetSelection): Module[] {
  const rule = targetRule(selection);
  return table.modules.filter((module) => {
    const verdict = rule(module.name);
    if (verdict === 'excluded') return false;
    if (selection.targets === 'all-linear') return isLinear(module) && module.name !== table.outputEmbedding;
    return verdict === 'targeted';
  });
}

export function isLinear({ kind }: Module): boolean {
  return kind === 'linear' || kind === 'conv1d';
}
