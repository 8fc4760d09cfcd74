/** Checks the other keys that name modules or layers against the base model. */

import type { Node } from 'jsonc-parser';
import { withContainers } from '../../budget/adapterTargets';
import { patternList } from '../../peftConfig/patternList';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import { PatternError } from '../../peftConfig/errors';
import { matchesTarget } from '../../budget/targets';
import type { Fix } from '../../protocol/planner';
import type { Examined } from './examined';
import { local, removal } from './examined';
import { attempt } from '../attempt';
import { ranges } from './layers';
import { nearest, suffixesOf } from './suggestions';
import { quote } from './targetNames';

export function checkNames(x: Examined): void {
  checkModulesToSave(x);
  checkExcluded(x);
  checkLayers(x);
  checkPattern(x, 'rank_pattern');
  checkPattern(x, 'alpha_pattern');
}

function strings(x: Examined, key: string): { readonly name: string; readonly node: Node }[] {
  const value = x.value(key);
  if (!Array.isArray(value)) return [];
  return value.flatMap((name: unknown, index) => {
    const node = x.node(key, index);
    return typeof name === 'string' && node ? [{ name, node }] : [];
  });
}

function fixesFor(
  x: Examined,
  name: string,
  node: Node,
  scope: string,
  names: () => Iterable<string>,
): { best: string | undefined; fixes: Fix[] } {
  const meant = nearest(scope, name, names);
  const { offset, length } = node;
  const renames = meant.map((each): Fix => ({
    title: local('Change to {0}', quote(each)),
    edits: [{ offset, length, newText: JSON.stringify(each) }],
  }));
  const remove = { title: local('Remove {0}', quote(name)), edits: [removal(x.text, node)] };
  return { best: meant[0], fixes: [...renames, remove] };
}

/** Compares the ends of names, as PEFT does. */
function checkModulesToSave(x: Examined): void {
  if (!x.table) return;
  const modules = withContainers(x.table);
  for (const { name, node } of strings(x, 'modules_to_save')) {
    if (x.isFull) return;
    if (modules.some((module) => module.name.endsWith(name))) continue;
    const { best, fixes } = fixesFor(x, name, node, 'outside layers', () =>
      suffixesOf(modules.filter(({ layer }) => layer === null).map((module) => module.name)),
    );
    const text =
      best === undefined
        ? local('{0} matches no module of {1}, so no module is fully trained for it.', quote(name), x.baseTitle)
        : local(
            '{0} matches no module of {1}, so no module is fully trained for it. Did you mean {2}?',
            quote(name),
            x.baseTitle,
            quote(best),
          );
    x.add('save-no-match', 'warning', node, text, fixes);
  }
}

function checkExcluded(x: Examined): void {
  if (!x.table) return;
  const modules = withContainers(x.table);
  for (const { name, node } of strings(x, 'exclude_modules')) {
    if (x.isFull) return;
    if (modules.some((module) => matchesTarget(module.name, name))) continue;
    const { fixes } = fixesFor(x, name, node, 'all', () => suffixesOf(modules.map((module) => module.name)));
    x.add(
      'exclude-no-match',
      'warning',
      node,
      local('{0} matches no module of {1}: it excludes nothing.', quote(name), x.baseTitle),
      fixes,
    );
  }
  const pattern = x.value('exclude_modules');
  const node = x.node('exclude_modules');
  if (typeof pattern !== 'string' || !node) return;
  try {
    const compiled = new PythonPattern(pattern);
    if (!modules.some((module) => compiled.fullMatch(module.name)))
      x.add(
        'exclude-no-match',
        'warning',
        node,
        local('The pattern {0} matches no module of {1}: it excludes nothing.', quote(pattern), x.baseTitle),
      );
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    x.add(
      'pattern-not-translated',
      'information',
      node,
      local('This pattern cannot be evaluated here, so nothing is counted: {0}.', error.message),
    );
  }
}

function checkLayers(x: Examined): void {
  const layers = attempt(() => x.settings.indices('layers_to_transform'));
  const node = x.node('layers_to_transform');
  if (!layers || !x.table || !node) return;
  const known = new Set(x.table.modules.flatMap(({ layer }) => (layer === null ? [] : [layer])));
  if (known.size === 0) return;
  const nodes = node.type === 'array' ? (node.children ?? []) : [node];
  const beyond = layers.flatMap((layer, index) => (known.has(layer) ? [] : [{ layer, at: nodes[index] }]));
  const severity = beyond.length === layers.length ? 'error' : 'warning';
  for (const { layer, at } of beyond) {
    if (!at) continue;
    const text = 'There is no layer {0}: {1} has layers {2}.';
    const fixes = layers.length > 1 ? [{ title: local('Remove {0}', layer), edits: [removal(x.text, at)] }] : [];
    x.add('layers-out-of-range', severity, at, local(text, layer, x.baseTitle, ranges([...known])), fixes);
  }
}

/** A key that matches no module has no effect. */
function checkPattern(x: Examined, key: 'rank_pattern' | 'alpha_pattern'): void {
  const value = attempt(() => x.settings.object(key));
  if (!value || !x.table || x.type === 'ADALORA') return;
  const modules = withContainers(x.table);
  const parameters = x.settings.raw('target_parameters') !== null;
  for (const name of Object.keys(value)) {
    if (x.isFull || x.isUnmatched) return;
    const node = x.node(key, name)?.parent;
    const [keyNode] = node?.children ?? [];
    if (!node || !keyNode || parameters) continue;
    const fits = attempt(() => {
      const list = patternList([[name, true] as const]);
      return modules.some((module) => list.valueFor(module.name) !== null);
    });
    if (fits === null) {
      x.add(
        'pattern-not-translated',
        'information',
        keyNode,
        local('This pattern cannot be evaluated here, so nothing is counted: {0}.', quote(name)),
      );
    } else if (!fits) {
      const { best } = fixesFor(x, name, keyNode, 'all', () => suffixesOf(modules.map((module) => module.name)));
      const fixes: Fix[] = [
        ...(best === undefined
          ? []
          : [
              {
                title: local('Change to {0}', quote(best)),
                edits: [{ offset: keyNode.offset, length: keyNode.length, newText: JSON.stringify(best) }],
              },
            ]),
        { title: local('Remove {0}', quote(name)), edits: [removal(x.text, node)] },
      ];
      x.add(
        'pattern-no-match',
        'warning',
        keyNode,
        local('{0} matches no module of {1}: it changes nothing.', quote(name), x.baseTitle),
        fixes,
      );
    }
  }
}
