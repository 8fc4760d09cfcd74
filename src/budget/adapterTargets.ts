/** Finds the modules of a model that an adapter's config adapts. */

import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { ConfigError } from '../peftConfig/errors';
import { currentMatching } from '../peftConfig/matching';
import { TargetError } from './errors';
import { defaultTargets, wholeType } from './defaultTargets';
import type { FusedTargets } from './fusedExperts';
import { isTied } from './moduleTable';
import type { Module, ModuleTable } from './moduleTable';
import { PythonPattern } from '../peftConfig/pythonPattern';
import type { Targeting } from './methods/method';
import type { TargetSelection } from './targets';
import { isLinear, targetRule } from './targets';

/** Modules that PEFT trains in full for a task if the model has them. */
const TASK_HEADS: Readonly<Record<string, readonly string[]>> = {
  SEQ_CLS: ['classifier', 'score'],
  TOKEN_CLS: ['classifier', 'score'],
  QUESTION_ANS: ['qa_outputs'],
};

/** PEFT recognises the output layer by this name only. */
const OUTPUT_LAYER = /(?:^|\.)lm_head$/;

/** Modules that targets cannot reach. PEFT adds the heads of the other tasks after it has placed the adapters. */
function outOfReach(table: ModuleTable, settings: AdapterSettings): readonly string[] {
  const saved =
    settings.text('task_type') === 'SEQ_CLS' ? modulesToSave(settings) : (settings.names('modules_to_save') ?? []);
  const { inputEmbedding } = table;
  if (!settings.flag('ensure_weight_tying') || inputEmbedding === null || !isTied(table)) return saved;
  // PEFT then trains the input embedding in the place of the output layer.
  return saved.map((name) => (OUTPUT_LAYER.test(name) ? inputEmbedding : name));
}

export function modulesToSave(settings: AdapterSettings): readonly string[] {
  const task = settings.text('task_type') ?? '';
  const heads = Object.hasOwn(TASK_HEADS, task) ? TASK_HEADS[task] : undefined;
  return [...new Set([...(settings.names('modules_to_save') ?? []), ...(heads ?? [])])];
}

/** Throws `TargetError` if PEFT finds nothing to adapt or refuses what it finds. */
export function selectTargets(
  table: ModuleTable,
  settings: AdapterSettings,
  type: string,
  targeting: Targeting,
  fused: FusedTargets | null,
): readonly Module[] {
  const selection = readSelection(table, settings, type, targeting, fused);
  if (selection === null) return [];
  const rule = targetRule(selection);
  const taken: Module[] = [];
  let excluded = 0;
  for (const module of withContainers(table)) {
    const verdict = rule(module.name);
    if (verdict === 'excluded') excluded++;
    else if (selection.targets === 'all-linear') {
      if (isLinear(module) && !isHead(module, table, settings)) taken.push(module);
    } else if (verdict === 'targeted') taken.push(module);
  }
  if (taken.length === 0) {
    if (fused && fused.parameters.length > 0) return [];
    const [unmatched] = currentMatching().problems;
    if (unmatched !== undefined) throw new TargetError(`no targets are found: ${unmatched}`);
    throw new TargetError(
      excluded > 0
        ? `the targets ${describe(selection.targets)} match only modules that are excluded or trained in full`
        : `the targets ${describe(selection.targets)} match no module of the model`,
    );
  }
  const refused = taken.find(({ kind }) => !targeting.accepts.includes(kind));
  if (refused) {
    const kind = refused.kind === 'parameters' ? 'neither a linear layer nor an embedding' : `a ${refused.kind} module`;
    throw new TargetError(`target '${refused.name}' is ${kind}, which ${type} cannot adapt`);
  }
  refuseMamba(table, type, taken);
  return taken;
}

const NO_MAMBA_METHODS: ReadonlySet<string> = new Set(['LORA', 'ADALORA', 'XLORA', 'RANDLORA']);
const MAMBA_TYPES: ReadonlySet<string> = new Set(['falcon_h1', 'mamba', 'mamba2', 'falcon_mamba', 'nemotron_h']);
/** Mamba's kernels use the weights of these modules directly and would skip an adapter. */
const MAMBA_KERNELS = /(?:^|\.)(?:out_proj|conv1d)$/;

/** Throws `TargetError` for a module that PEFT refuses on models with Mamba's kernels. */
function refuseMamba(table: ModuleTable, type: string, taken: readonly Module[]): void {
  if (!NO_MAMBA_METHODS.has(type) || !MAMBA_TYPES.has(wholeType(table))) return;
  const module = taken.find(({ name }) => MAMBA_KERNELS.test(name));
  if (module)
    throw new TargetError(`target '${module.name}' cannot be adapted: the kernels of ${wholeType(table)} skip it`);
}

function readSelection(
  table: ModuleTable,
  settings: AdapterSettings,
  type: string,
  targeting: Targeting,
  fused: FusedTargets | null,
): TargetSelection | null {
  const targets = fused ? fused.modules : readTargets(table, settings, type, targeting);
  if (targets === null) return null;
  const exclude = settings.namesOrPattern('exclude_modules');
  const layers = settings.indices('layers_to_transform');
  const layersPattern = settings.namesOrPattern('layers_pattern');
  return {
    targets,
    modulesToSave: outOfReach(table, settings),
    ...(exclude !== null && { exclude: typeof exclude === 'string' ? new PythonPattern(exclude) : exclude }),
    ...(layers !== null && { layers }),
    ...(layersPattern !== null && {
      layersPattern: typeof layersPattern === 'string' ? [layersPattern] : layersPattern,
    }),
  };
}

/** `null` if the config names only bare parameters. */
export function readTargets(
  table: ModuleTable,
  settings: AdapterSettings,
  type: string,
  { mapping = 'LORA', allLinearByDefault = false }: Targeting,
): TargetSelection['targets'] | null {
  const given = settings.namesOrPattern('target_modules');
  if (typeof given === 'string') return given.toLowerCase() === 'all-linear' ? 'all-linear' : new PythonPattern(given);
  if (given !== null) return given.length === 0 && settings.names('target_parameters')?.length ? null : given;
  const usual = defaultTargets(table, mapping);
  if (usual) return usual;
  if (settings.names('target_parameters')?.length) return null;
  if (allLinearByDefault) return 'all-linear';
  throw new ConfigError(
    'target_modules',
    settings.raw('target_modules'),
    `target modules: PEFT has no default for ${type} on ${wholeType(table) || 'this model'}`,
  );
}

/** `all-linear` leaves out the output layer; without one, the head of a sequence classifier. */
function isHead({ name }: Module, table: ModuleTable, settings: AdapterSettings): boolean {
  if (table.outputEmbedding !== null) return name === table.outputEmbedding;
  if (settings.text('task_type') !== 'SEQ_CLS') return false;
  const head = ['score', 'classifier'].find((each) => table.modules.some((module) => module.name === each));
  return name === head;
}

/** All modules, including those that only contain others: PEFT matches their names too. */
export function withContainers(table: ModuleTable): readonly Module[] {
  const names = new Set(table.modules.map(({ name }) => name));
  const containers = new Map<string, Module>();
  for (const { name, layer } of table.modules) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const container = name.slice(0, dot);
      if (!names.has(container) && !containers.has(container)) containers.set(container, emptyModule(container, layer));
    }
  }
  return [...table.modules, ...containers.values()];
}

function emptyModule(name: string, layer: number | null): Module {
  return { name, layer, kind: 'parameters', inFeatures: 0, outFeatures: 0, bias: false, parameters: 0, tensors: [] };
}

function describe(targets: TargetSelection['targets']): string {
  if (targets === 'all-linear') return targets;
  if (targets instanceof PythonPattern) return JSON.stringify(targets.source.slice(0, 60));
  const shown = targets.slice(0, 8).join(', ');
  return targets.length > 8 ? `${shown}, ...` : shown || '(none)';
}
