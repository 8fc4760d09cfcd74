/** Checks target_modules against the base model: what each entry matches, and in which layers. */

import type { Node } from 'jsonc-parser';
import { readTargets, withContainers } from '../../budget/adapterTargets';
import { architectureOf } from '../../budget/architectures';
import { PatternError } from '../../peftConfig/errors';
import { fusedParameter } from '../../budget/fusedExperts';
import type { Module, ModuleTable } from '../../budget/moduleTable';
import { METHODS } from '../../budget/methods/registry';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import { isLinear, matchesTarget, targetRule } from '../../budget/targets';
import type { Fix, TargetLens } from '../../protocol/planner';
import type { Examined } from './examined';
import { local, removal } from './examined';
import { attempt } from '../attempt';
import { partialCoverage } from './layers';
import { nearest, suffixesOf } from './suggestions';

interface Entry {
  readonly name: string;
  readonly node: Node;
  /** Matches by name alone. */
  readonly matched: readonly Module[];
  /** The matches that remain after exclusions and the choice of layers. */
  readonly taken: readonly Module[];
}

/** The content of the lens over target_modules; null without one. */
export function checkTargets(x: Examined): TargetLens | null {
  const targets = x.value('target_modules');
  const takesTargets = Object.hasOwn(METHOD_KEYS[x.type] ?? {}, 'target_modules');
  if (!Object.hasOwn(METHODS, x.type) || !takesTargets) return null;
  if (Array.isArray(targets)) return checkList(x, targets);
  if (typeof targets === 'string') return checkPattern(x, targets);
  if (targets === null) checkDefault(x);
  return null;
}

function checkList(x: Examined, targets: readonly unknown[]): TargetLens | null {
  const list = x.node('target_modules');
  const { table } = x;
  if (!list || !table) return null;
  const modules = withContainers(table);
  const entries = targets.flatMap((name, index): Entry[] => {
    const node = x.node('target_modules', index);
    return typeof name === 'string' && node ? [readEntry(x, table, modules, name, node)] : [];
  });
  const taken = new Set(entries.flatMap((entry) => entry.taken));
  const union = partialCoverage(
    [...taken],
    table,
    attempt(() => x.settings.indices('layers_to_transform')),
  );
  for (const entry of entries) {
    if (x.isFull) break;
    if (entry.matched.length === 0) noMatch(x, table, entry, taken.size === 0, targets);
    else if (entry.taken.length === 0) onlyExcluded(x, entry);
    else if (!unsupported(x, table, entry)) onlySomeLayers(x, table, entry, union !== null);
  }
  const counts = entries.map(({ name, taken: { length } }) => [name, length] as const);
  return { offset: list.offset, length: list.length, entries: counts, modules: taken.size };
}

function readEntry(x: Examined, table: ModuleTable, modules: readonly Module[], name: string, node: Node): Entry {
  const fused = x.type === 'LORA' ? fusedParameter(table.shape.modelType, name) : null;
  if (fused !== null) {
    const holds = ({ name: module, tensors = [] }: Module): boolean =>
      tensors.some(([tensor]) => tensor === fused) || `${module}.weight`.endsWith(`.${fused}`);
    const holders = modules.filter(holds);
    return { name, node, matched: holders, taken: holders };
  }
  const matched = modules.filter((module) => matchesTarget(module.name, name));
  const exclude = attempt(() => x.settings.namesOrPattern('exclude_modules'));
  const layers = attempt(() => x.settings.indices('layers_to_transform'));
  const layersPattern = attempt(() => x.settings.namesOrPattern('layers_pattern'));
  const taken = attempt(() => {
    const rule = targetRule({
      targets: [name],
      modulesToSave: x.settings.names('modules_to_save') ?? [],
      ...(exclude !== null && { exclude: typeof exclude === 'string' ? new PythonPattern(exclude) : exclude }),
      ...(layers !== null && { layers }),
      ...(layersPattern !== null && {
        layersPattern: typeof layersPattern === 'string' ? [layersPattern] : layersPattern,
      }),
    });
    return matched.filter((module) => rule(module.name) === 'targeted');
  });
  return { name, node, matched, taken: taken ?? matched };
}

function noMatch(x: Examined, table: ModuleTable, entry: Entry, none: boolean, targets: readonly unknown[]): void {
  const { name, node } = entry;
  const severity = none ? 'error' : 'warning';
  const suffixes = candidates(x, table);
  const meant = nearest(name, suffixes);
  const outcome = none ? 'PEFT refuses the config.' : 'PEFT skips it silently.';
  if (name.toLowerCase() === 'all-linear' && targets.length === 1) {
    const list = x.node('target_modules') ?? node;
    x.add(
      'target-no-match',
      'error',
      node,
      local(
        '"all-linear" is a keyword only as a plain string: in a list it is a name, and {0} has no such module.',
        x.baseTitle,
      ),
      [
        {
          title: local('Use "all-linear" in place of the list'),
          edits: [{ offset: list.offset, length: list.length, newText: '"all-linear"' }],
        },
      ],
    );
    return;
  }
  const isPattern = /[*+?|()[\]^$\\]/.test(name);
  const fixes = replacements(x, entry, meant, targets);
  if (isPattern) {
    const list = x.node('target_modules');
    const asPattern: Fix[] =
      list && targets.length === 1 && patternMatches(name, table)
        ? [
            {
              title: local('Use it as a pattern, not as a name'),
              edits: [{ offset: list.offset, length: list.length, newText: JSON.stringify(name) }],
            },
          ]
        : [];
    x.add(
      'target-no-match',
      severity,
      node,
      local(
        '{0} matches no module of {1}: entries of a list are names; only a single string is a pattern. {2}',
        quote(name),
        x.baseTitle,
        outcome,
      ),
      [...asPattern, ...fixes],
    );
    return;
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

function patternMatches(pattern: string, table: ModuleTable): boolean {
  return (
    attempt(() => {
      const compiled = new PythonPattern(pattern);
      return table.modules.some(({ name }) => compiled.fullMatch(name));
    }) === true
  );
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

function checkPattern(x: Examined, pattern: string): TargetLens | null {
  const node = x.node('target_modules');
  if (!node) return null;
  const allLinear = pattern.toLowerCase() === 'all-linear';
  try {
    const compiled = allLinear ? null : new PythonPattern(pattern);
    const { table } = x;
    if (!table) return null;
    const taken = table.modules.filter((module) =>
      compiled ? compiled.fullMatch(module.name) : isLinear(module) && module.name !== table.outputEmbedding,
    );
    if (taken.length === 0 && fusedCount(x, compiled, table) === 0) patternMatchesNothing(x, table, pattern, node);
    else if (compiled) patternReachesSomeLayers(x, table, taken, node);
    return { offset: node.offset, length: node.length, entries: [[pattern, taken.length]], modules: taken.length };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    x.add(
      'pattern-not-translated',
      'information',
      node,
      local('This pattern cannot be evaluated here, so nothing is counted: {0}.', error.message),
    );
    return null;
  }
}

/** A config may still name experts that transformers 5 has fused. */
function fusedCount(x: Examined, compiled: PythonPattern | null, table: ModuleTable): number {
  if (!compiled || x.type !== 'LORA') return 0;
  const { modelType } = table.shape;
  const olds = ['gate', 'w1', 'w2', 'w3', 'gate_proj', 'up_proj', 'down_proj'];
  const known = olds.filter((old) => fusedParameter(modelType, old) !== null);
  return table.modules.filter(({ name }) => known.some((old) => compiled.fullMatch(`${name}.${old}`))).length;
}

function patternMatchesNothing(x: Examined, table: ModuleTable, pattern: string, node: Node): void {
  const names = candidates(x, table);
  const { offset, length } = node;
  const count = countOf(table, pattern);
  const asList: Fix[] =
    count > 0
      ? [
          {
            title: local('Use it as a name in a list'),
            edits: [{ offset, length, newText: JSON.stringify([pattern]) }],
          },
        ]
      : nearest(pattern, names).map((each) => ({
          title: local('Change to {0}', JSON.stringify([each])),
          edits: [{ offset, length, newText: JSON.stringify([each]) }],
        }));
  const text =
    count > 0
      ? local(
          '{0} as a string is a pattern for whole names and matches none of {1}; in a list it would match ' +
            '{2} modules. PEFT refuses the config.',
          quote(pattern),
          x.baseTitle,
          count,
        )
      : local('The pattern {0} matches no module of {1}. PEFT refuses the config.', quote(pattern), x.baseTitle);
  x.add('target-no-match', 'error', node, text, asList);
}

function patternReachesSomeLayers(x: Examined, table: ModuleTable, taken: readonly Module[], node: Node): void {
  const partial = partialCoverage(taken, table, null);
  if (!partial) return;
  const text = 'The pattern matches {0} modules, in {1} of {2} layers; left out: {3}.';
  x.add(
    'target-partial',
    'information',
    node,
    local(text, taken.length, partial.reached, partial.total, partial.missing),
  );
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

/** Suffixes of the modules that the method can adapt. */
function candidates(x: Examined, table: ModuleTable): Set<string> {
  const accepts = METHODS[x.type]?.accepts ?? [];
  const usable = table.modules.filter(({ kind }) => accepts.includes(kind));
  // A mistyped name of a linear layer rarely means an embedding.
  const linears = usable.filter((module) => isLinear(module));
  return suffixesOf((linears.length > 0 ? linears : usable).map(({ name }) => name));
}

function countOf(table: ModuleTable, suffix: string): number {
  return table.modules.filter(({ name }) => matchesTarget(name, suffix)).length;
}

/** Names from files are shortened in messages. */
const MAX_SHOWN = 80;

export function quote(name: string): string {
  return `'${name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}...` : name}'`;
}
