/** Computes which layers a set of modules covers. */

import type { Module, ModuleTable } from '../../budget/moduleTable';

/** A longer list of layers is shortened. */
const MAX_RANGES = 6;

/** Layers by stack: 'model.layers', 'encoder.block'. */
type Stacks = ReadonlyMap<string, ReadonlySet<number>>;

function stacksOf(modules: Iterable<Pick<Module, 'name' | 'layer'>>): Stacks {
  const stacks = new Map<string, Set<number>>();
  for (const { name, layer } of modules) {
    if (layer === null) continue;
    const at = `.${name}.`.indexOf(`.${layer}.`);
    const stack = name.slice(0, Math.max(0, at - 1));
    const layers = stacks.get(stack) ?? new Set();
    stacks.set(stack, layers.add(layer));
  }
  return stacks;
}

interface Coverage {
  readonly reached: number;
  readonly total: number;
  /** '0-6, 8, 10-12': the missing layers of the stacks that are reached at all. */
  readonly missing: string;
}

/** `null` if every stack is either covered completely or not reached at all. */
export function partialCoverage(
  taken: readonly Pick<Module, 'name' | 'layer'>[],
  table: ModuleTable,
  wanted: readonly number[] | null,
): Coverage | null {
  const reached = stacksOf(taken);
  const all = stacksOf(table.modules);
  let count = 0;
  let total = 0;
  const missing: number[] = [];
  for (const [stack, layers] of reached) {
    const expected = [...(all.get(stack) ?? [])].filter((layer) => wanted === null || wanted.includes(layer));
    total += expected.length;
    count += expected.filter((layer) => layers.has(layer)).length;
    for (const layer of expected) if (!layers.has(layer)) missing.push(layer);
  }
  return missing.length === 0 ? null : { reached: count, total, missing: ranges([...new Set(missing)]) };
}

export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, MAX_RANGES).map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  return runs.length > MAX_RANGES ? `${shown.join(', ')}, ...` : shown.join(', ');
}
