/** Entries of the config that match no tensor of the file. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import { PatternError } from '../peftConfig/errors';
import { Matching } from '../peftConfig/matching';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { quoted } from '../peftConfig/quoted';
import { withoutSuffixes } from '../peftConfig/wrappedPath';
import type { WeightsFinding } from '../protocol/findings';
import { sentence } from './sentence';

/** PEFT adds these names for a classifier, whichever of them the model has. */
const AUTOMATIC_HEADS: ReadonlySet<string> = new Set(['classifier', 'score', 'qa_outputs']);
/** Entries of a list that are looked up among the modules. PEFT writes a few dozen. */
const MAX_ENTRIES = 100;
/** Steps of matching a pattern, about 50 ms: a hostile config must not hold up the first page. */
const MAX_STEPS = 2_000_000;

export function unmatchedTargets({ adapters = [], settings, method }: SourceDescription): readonly WeightsFinding[] {
  if (!settings || adapters.length === 0) return [];
  const adapted = adapters.filter(({ method: own }) => own !== 'SAVED').map(({ module }) => plainPath(module));
  const saved = adapters.map(({ module }) => plainPath(module));
  // Uni-LoRA and prompt methods store nothing per module. An adaption prompt's only target is a name, not a pattern.
  const stored = adapted.some((module) => module !== '');
  const ends = (modules: readonly string[], key: string): boolean =>
    modules.some((module) => module === key || module.endsWith(`.${key}`));
  const { targetPattern, excludedModules } = settings;
  const wanted = settings.targetModules.slice(0, MAX_ENTRIES).filter((key) => !excludedModules.includes(key));
  const targetParameters = settings.targetParameters.slice(0, MAX_ENTRIES);
  const modulesToSave = settings.modulesToSave.slice(0, MAX_ENTRIES);
  const isPattern = targetPattern !== null && stored && method !== 'ADAPTION_PROMPT';
  return [
    ...(stored ? wanted.filter((key) => !ends(adapted, key)) : []).map((key) => unmatched('target_modules', key)),
    ...(isPattern && matchesNone(targetPattern, adapted) ? [unmatched('target_modules', targetPattern)] : []),
    ...targetParameters.filter((key) => !ends(adapted, key)).map((key) => unmatched('target_parameters', key)),
    ...modulesToSave
      .filter((key) => !AUTOMATIC_HEADS.has(key) && !saved.some((module) => `${module}.`.includes(`${key}.`)))
      .map((key) => unmatched('modules_to_save', key)),
  ];
}

function unmatched(field: string, key: string): WeightsFinding {
  return {
    code: 'target_no_match',
    level: 'warning',
    modules: [],
    tensors: [],
    value: null,
    heuristic: false,
    what: sentence('{0} {1} in adapter_config.json matches no module of the file.', field, quoted(key)),
    why: sentence('PEFT creates the modules that the config targets; those that the file lacks keep initial values.'),
    action: sentence('Remove the entry if it was never trained; otherwise look for the file that holds its tensors.'),
  };
}

/** Removes the prefixes of PEFT's wrapper modules from a name. */
function plainPath(module: string): string {
  return withoutSuffixes(module).replace(/\.(?:base_layer|token_adapter)(?=\.|$)/g, '');
}

/** False for a pattern that cannot be evaluated. */
function matchesNone(pattern: string, modules: readonly string[]): boolean {
  if (pattern.toLowerCase() === 'all-linear') return false;
  const matching = new Matching(MAX_STEPS);
  try {
    const matches = matching.run(() => {
      const compiled = new PythonPattern(pattern);
      return modules.some((module) => compiled.fullMatch(module));
    });
    return !matches && matching.problems.length === 0;
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}
