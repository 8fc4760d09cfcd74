/** Checks a target_modules that is a pattern, or "all-linear", against the base model. */

import type { Node } from 'jsonc-parser';
import { fusedParameter } from '../../budget/fusedExperts';
import type { Module, ModuleTable } from '../../budget/moduleTable';
import { isLinear } from '../../budget/targets';
import { PatternError } from '../../peftConfig/errors';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import type { Fix, TargetLens } from '../../protocol/planner';
import { attempt } from '../attempt';
import type { Examined } from './examined';
import { local } from './examined';
import { partialCoverage } from './layers';
import { nearest } from './suggestions';
import { candidates, countOf, quote } from './targetNames';

export function checkTargetPattern(x: Examined, pattern: string): TargetLens | null {
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
      : nearest('targets', pattern, () => candidates(x, table)).map((each) => ({
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

export function patternMatches(pattern: string, table: ModuleTable): boolean {
  return (
    attempt(() => {
      const compiled = new PythonPattern(pattern);
      return table.modules.some(({ name }) => compiled.fullMatch(name));
    }) === true
  );
}
