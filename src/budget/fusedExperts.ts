/**
 * LoRA on models whose experts transformers 5 has fused. PEFT replaces the names of the experts' former linears with
 * the names of the fused tensors. It doubles the rank of a tensor that replaces two linears.
 *
 * Source: huggingface/peft, `utils/transformers_weight_conversion.py`, as of 0.21.
 */

import type { AdapterSettings } from '../peftConfig/adapterSettings';
import type { FusedNames } from './architectures/fusedConversions';
import { FUSED_CONVERSIONS } from './architectures/fusedConversions';
import { wholeType } from './defaultTargets';
import { TargetError } from './errors';
import type { Module, ModuleTable } from './moduleTable';
import type { PatternList } from '../peftConfig/patternList';
import { patternList } from '../peftConfig/patternList';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { moduleTensors } from './moduleTable';
import { isLinear } from './targets';

export interface FusedTargets {
  readonly modules: readonly string[];
  readonly parameters: readonly string[];
  /** Ranks that the fusion sets. The config's own take precedence. */
  readonly ranks: PatternList<number>;
}

const FUSED = 'gate_up_proj';

/** PEFT looks up the type of the whole model, not that of its language model. `null` for types it does not convert. */
function fusedNames(modelType: string): FusedNames | null {
  return FUSED_CONVERSIONS.find(({ modelTypes }) => modelTypes.includes(modelType))?.names ?? null;
}

/** The fused parameter that contains an expert's former linear; `null` if the name is still that of a module. */
export function fusedParameter(modelType: string, target: string): string | null {
  const names = fusedNames(modelType);
  const old = Object.keys(names ?? {}).find((name) => target === name || target.endsWith(`.${name}`));
  return old === undefined ? null : (names?.[old] ?? null);
}

/** `null` for models whose experts are not fused. */
export function fusedTargets(table: ModuleTable, settings: AdapterSettings, rank: number): FusedTargets | null {
  const names = fusedNames(wholeType(table));
  if (!names) return null;
  const given = settings.namesOrPattern('target_modules');
  // PEFT converts the config first, so that a default of the type no longer applies.
  const targets = typeof given === 'string' ? resolve(given, table, names) : (given ?? []);
  const modules: string[] = [];
  const parameters = new Set(settings.names('target_parameters') ?? []);
  const fusedFrom = new Set<string>();
  for (const target of targets) {
    const old = Object.keys(names).find((name) => target === name || target.endsWith(`.${name}`));
    const renamed = old === undefined ? undefined : names[old];
    if (old === undefined || renamed === undefined) modules.push(target);
    else {
      parameters.add(renamed);
      if (renamed === FUSED) fusedFrom.add(old);
    }
  }
  const parts = Object.keys(names).filter((name) => names[name] === FUSED);
  if (fusedFrom.size > 0 && fusedFrom.size < parts.length) {
    const missing = parts.filter((name) => !fusedFrom.has(name)).join(', ');
    throw new TargetError(
      `${[...fusedFrom].join(', ')} cannot be targeted without ${missing}: they are fused into ${FUSED}`,
    );
  }
  const ranks = patternList(fusedFrom.size > 0 ? [[`.*\\.${FUSED}`, parts.length * rank] as const] : []);
  return { modules, parameters: [...parameters], ranks };
}

/** The last segments of the names that a pattern or `all-linear` matches, including the experts' former names. */
function resolve(given: string, table: ModuleTable, names: FusedNames): readonly string[] {
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  if (given.toLowerCase() === 'all-linear') {
    const linear = table.modules.filter((module) => isLinear(module) && module.name !== table.outputEmbedding);
    return [...new Set([...linear.map(({ name }) => last(name)), ...Object.keys(names)])];
  }
  const pattern = new PythonPattern(given);
  const keys = table.modules.flatMap((module) => [module.name, ...moduleTensors(module).map(({ name }) => name)]);
  const matched = new Set(keys.filter((key) => pattern.fullMatch(key)).map(last));
  for (const [old, renamed] of Object.entries(names)) {
    const holders = table.modules.filter(({ tensors }) => tensors?.some(([name]) => name === renamed));
    if (holders.some((holder: Module) => pattern.fullMatch(`${holder.name}.${old}`))) matched.add(old);
  }
  return [...matched];
}
