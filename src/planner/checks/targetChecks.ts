/** Checks target_modules against the base model: what each entry matches, and in which layers. */

import type { Node } from 'jsonc-parser';
import { readTargets, withContainers } from '../../budget/adapterTargets';
import { architectureOf } from '../../budget/architectures';
import { fusedParameter } from '../../budget/fusedExperts';
import type { Module, ModuleTable } from '../../budget/moduleTable';
import { METHODS } from '../../budget/methods/registry';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import { isLinear, layerRule, matchesTarget, targetRule } from '../../budget/targets';
import type { Fix, TargetLens } from '../../protocol/planner';
import type { Examined } from './examined';
import { local, removal } from './examined';
import { attempt } from '../attempt';
import { partialCoverage } from './layers';
import { nearest } from './suggestions';
import { candidates, countOf, quote } from './targetNames';
import { checkTargetPattern, patternMatches } from './targetPattern';

interface Entry {
  readonly name: string;
  readonly node: Node;
  /** Matches by name alone. */
  readonly matched: readonly Module[];
  /** The matches that remain after exclusions and the choice of layers. */
  readonly taken: readonly Module[];
}

/** The content of the lens over target_modules; `null` without one. */
export function checkTargets(x: Examined): TargetLens | null {
  const targets = x.value('target_modules');
  const takesTargets = Object.hasOwn(METHOD_KEYS[x.type] ?? {}, 'target_modules');
  if (!Object.hasOwn(METHODS, x.type) || !takesTargets) return null;
  if (Array.isArray(targets)) return checkList(x, targets);
  if (typeof targets === 'string') return checkTargetPattern(x, targets);
  if (targets === null) checkDefault(x);
  return null;
}

function checkList(x: Examined, targets: readonly unknown[]): TargetLens | null {
  const list = x.node('target_modules');
  const { table } = x;
  if (!list || !table) return null;
  const modules = withContainers(table);
  const take = takingRule(x);
  const entries = targets.flatMap((name, index): Entry[] => {
    const node = x.node('target_modules', index);
    return typeof name === 'string' && node ? [readEntry(x, table, modules, name, node, take)] : [];
  });
  const taken = new Set(entries.flatMap((entry) => entry.taken));
  const union = partialCoverage(
    [...taken],
    table,
    attempt(() => x.settings.indices('layers_to_transform')),
  );
  for (const entry of entries) {
    if (x.isFull || x.isUnmatched) break;
    if (entry.matched.length === 0) noMatch(x, table, entry, taken.size === 0, targets);
    else if (entry.taken.length === 0) onlyExcluded(x, entry);
    else if (!unsupported(x, table, entry)) onlySomeLayers(x, table, entry, union !== null);
  }
  const counts = entries.map(({ name, taken: { length } }) => [name, length] as const);
  return { offset: list.offset, length: list.length, entries: counts, modules: taken.size };
}

/** Whether a module that an entry of the list names is adapted, by the exclusions and the choice of layers. */
type Taking = (module: Module, entry: string) => boolean;

/** Every module is adapted if the rules are not valid: another check reports that. */
function takingRule(x: Examined): Taking {
  const rules = attempt(() => {
    const exclude = x.settings.namesOrPattern('exclude_modules');
    const layers = x.settings.indices('layers_to_transform');
    const layersPattern = x.settings.namesOrPattern('layers_pattern') ?? [];
    return {
      exclusion: targetRule({
        targets: [],
        modulesToSave: x.settings.names('modules_to_save') ?? [],
        ...(exclude !== null && { exclude: typeof exclude === 'string' ? new PythonPattern(exclude) : exclude }),
      }),
      inLayer: layerRule(layers ?? [], typeof layersPattern === 'string' ? [layersPattern] : layersPattern),
    };
  });
  if (!rules) return () => true;
  const verdicts = new Map<string, boolean>();
  return ({ name }, entry) => {
    const kept = verdicts.get(name) ?? rules.exclusion(name) !== 'excluded';
    verdicts.set(name, kept);
    // An exact name is taken whatever its layer.
    return kept && (name === entry || rules.inLayer(name));
  };
}

function readEntry(
  x: Examined,
  table: ModuleTable,
  modules: readonly Module[],
  name: string,
  node: Node,
  take: Taking,
): Entry {
  const fused = x.type === 'LORA' ? fusedParameter(table.shape.modelType, name) : null;
  if (fused !== null) {
    const holds = ({ name: module, tensors = [] }: Module): boolean =>
      tensors.some(([tensor]) => tensor === fused) || `${module}.weight`.endsWith(`.${fused}`);
    const holders = modules.filter(holds);
    return { name, node, matched: holders, taken: holders };
  }
  const matched = modules.filter((module) => matchesTarget(module.name, name));
  return { name, node, matched, taken: matched.filter((module) => take(module, name)) };
}

function noMatch(x: Examined, table: ModuleTable, entry: Entry, none: boolean, targets: readonly unknown[]): void {
  const { name, node } = entry;
  if (name.toLowerCase() === 'all-linear' && targets.length === 1) return allLinearInList(x, node);
  const severity = none ? 'error' : 'warning';
  const outcome = none ? 'PEFT refuses the config.' : 'PEFT skips it silently.';
  const meant = nearest('targets', name, () => candidates(x, table));
  const fixes = replacements(x, entry, meant, targets);
  if (/[*+?|()[\]^$\\]/.test(name)) {
    const message = '{0} matches no module of {1}: entries of a list are names; only a single string is a pattern. {2}';
    const text = local(message, quote(name), x.baseTitle, outcome);
    return x.add('target-no-match', severity, node, text, [...asPattern(x, table, name, targets), ...fixes]);
  }
  const [best] = meant;
  const text =
    best === undefined
      ? local('{0} matches no module of {1}. {2}', quote(name), x.baseTitle, outcome)
      : local(
          '{0} matches no module of {1}. Did you mean {2} ({3} modules)? {4}',
          quote(name),
          x.baseTitle,
          quote(best),
          countOf(table, best),
          outcome,
        );
  x.add('target-no-match', severity, node, text, fixes);
}

function allLinearInList(x: Examined, node: Node): void {
  const { offset, length } = x.node('target_modules') ?? node;
  const message =
    '"all-linear" is a keyword only as a plain string: in a list it is a name, and {0} has no such module.';
  const fix = {
    title: local('Use "all-linear" in place of the list'),
    edits: [{ offset, length, newText: '"all-linear"' }],
  };
  x.add('target-no-match', 'error', node, local(message, x.baseTitle), [fix]);
}

/** Turns a list of one pattern into the pattern, if it then matches modules. */
function asPattern(x: Examined, table: ModuleTable, name: string, targets: readonly unknown[]): Fix[] {
  const list = x.node('target_modules');
  if (!list || targets.length !== 1 || !patternMatches(name, table)) return [];
  const edit = { offset: list.offset, length: list.length, newText: JSON.stringify(name) };
  return [{ title: local('Use it as a pattern, not as a name'), edits: [edit] }];
}

/** Replaces the entry with each suggestion that the list lacks, or removes it. */
function replacements(
  x: Examined,
  { name, node }: Entry,
  meant: readonly string[],
  targets: readonly unknown[],
): Fix[] {
  const { offset, length } = node;
  const replace = meant
    .filter((each) => !targets.includes(each))
    .map((each): Fix => ({
      title: local('Change to {0}', quote(each)),
      edits: [{ offset, length, newText: JSON.stringify(each) }],
    }));
  return targets.length > 1
    ? [...replace, { title: local('Remove {0}', quote(name)), edits: [removal(x.text, node)] }]
    : replace;
}

function onlyExcluded(x: Examined, { name, node, matched }: Entry): void {
  const text =
    'All {1} modules named {0} are excluded, fully trained, or in layers that are not adapted: ' +
    'the entry adds no adapter.';
  x.add('target-excluded', 'warning', node, local(text, quote(name), matched.length));
}

/** True if it reported a module that the method cannot adapt. */
function unsupported(x: Examined, table: ModuleTable, entry: Entry): boolean {
  const accepts = METHODS[x.type]?.accepts ?? [];
  const fused = fusedParameter(table.shape.modelType, entry.name) !== null;
  const refused = fused ? undefined : entry.taken.find(({ kind }) => !accepts.includes(kind));
  if (!refused) return false;
  const inside = table.modules.filter((module) => isLinear(module) && module.name.startsWith(`${refused.name}.`));
  const names = [...new Set(inside.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)))];
  const { offset, length } = entry.node;
  const fixes =
    names.length > 0
      ? [
          {
            title: local('Change to the linear layers inside: {0}', names.join(', ')),
            edits: [{ offset, length, newText: names.map((name) => JSON.stringify(name)).join(', ') }],
          },
        ]
      : [];
  const what =
    refused.kind === 'parameters'
      ? local(
          '{0} is {1}, which contains other modules: {2} adapts linear layers. PEFT refuses the config.',
          quote(entry.name),
          refused.name,
          x.type,
        )
      : local(
          '{0} is {1}, a kind of module that {2} cannot adapt. PEFT refuses the config.',
          quote(entry.name),
          refused.name,
          x.type,
        );
  x.add('target-unsupported', 'error', entry.node, what, fixes);
  return true;
}

function onlySomeLayers(x: Examined, table: ModuleTable, entry: Entry, layersAreLeft: boolean): void {
  // A name that contains an index is meant for one layer.
  if (/(^|\.)\d+(\.|$)/.test(entry.name)) return;
  const partial = partialCoverage(
    entry.taken,
    table,
    attempt(() => x.settings.indices('layers_to_transform')),
  );
  if (!partial) return;
  const text = '{0} matches {1} modules, in {2} of {3} layers; left out: {4}.';
  const { reached, total, missing } = partial;
  const message = local(text, quote(entry.name), entry.taken.length, reached, total, missing);
  x.add('target-partial', layersAreLeft ? 'warning' : 'information', entry.node, message);
}

/** Checks what PEFT targets by default, if it has a default. */
function checkDefault(x: Examined): void {
  const { table } = x;
  if (!table || x.settings.names('target_parameters')?.length) return;
  const usual = attempt(() => readTargets(table, x.settings, x.type, METHODS[x.type] ?? { accepts: [] }));
  const at = x.keyNode('target_modules');
  if (usual === null) {
    const offered = architectureOf(table.shape.modelType)?.targets(table.shape) ?? [];
    const fixes =
      offered.length > 0
        ? [{ title: local('Target {0}', offered.join(', ')), edits: [x.set('target_modules', offered)] }]
        : [];
    const text = 'PEFT has no default targets of {0} for {1}: name them in target_modules.';
    x.add('targets-missing', 'error', at, local(text, x.type, table.shape.modelType), fixes);
    return;
  }
  if (!Array.isArray(usual)) return;
  const taken = table.modules.filter(({ name }) => usual.some((each) => matchesTarget(name, each)));
  const partial = partialCoverage(
    taken,
    table,
    attempt(() => x.settings.indices('layers_to_transform')),
  );
  if (!partial) return;
  const text = "PEFT's default targets, {0}, match {1} modules, in {2} of {3} layers; left out: {4}.";
  x.add(
    'target-partial',
    'warning',
    at,
    local(text, usual.join(', '), taken.length, partial.reached, partial.total, partial.missing),
  );
}
