/** Names of modules in the findings about targets. */

import type { ModuleTable } from '../../budget/moduleTable';
import { METHODS } from '../../budget/methods/registry';
import { isLinear, matchesTarget } from '../../budget/targets';
import type { Examined } from './examined';
import { suffixesOf } from './suggestions';

/** Suffixes of the modules that the method can adapt. */
export function candidates(x: Examined, table: ModuleTable): Set<string> {
  const accepts = METHODS[x.type]?.accepts ?? [];
  const usable = table.modules.filter(({ kind }) => accepts.includes(kind));
  // A mistyped name of a linear layer rarely means an embedding.
  const linears = usable.filter((module) => isLinear(module));
  return suffixesOf((linears.length > 0 ? linears : usable).map(({ name }) => name));
}

export function countOf(table: ModuleTable, suffix: string): number {
  return table.modules.filter(({ name }) => matchesTarget(name, suffix)).length;
}

/** Names from files are shortened in messages. */
const MAX_SHOWN = 80;

export function quote(name: string): string {
  return `'${name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}...` : name}'`;
}
