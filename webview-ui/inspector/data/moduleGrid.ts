/** Lays the modules of an adapter out as layers x groups. */

import type { LoraModuleInfo } from '../../../src/protocol/source';

export interface ModuleGrid {
  /** Full group paths in order of appearance. */
  readonly columns: readonly string[];
  /** A layer and, for each column, the index of a module or `null`. Two modules in one place make a second row. */
  readonly rows: readonly { readonly layer: number; readonly modules: readonly (number | null)[] }[];
  /** Modules outside the numbered layers. */
  readonly others: readonly number[];
}

export function moduleGrid(modules: readonly Pick<LoraModuleInfo, 'layer' | 'group'>[]): ModuleGrid {
  const columns = new Map<string, number>();
  const others: number[] = [];
  const layers = new Map<number, number[][]>();
  modules.forEach(({ layer, group }, index) => {
    if (layer === null) {
      others.push(index);
      return;
    }
    let column = columns.get(group);
    if (column === undefined) columns.set(group, (column = columns.size));
    const places = layers.get(layer) ?? [];
    layers.set(layer, places);
    (places[column] ??= []).push(index);
  });
  const rows = [...layers.keys()]
    .sort((a, b) => a - b)
    .flatMap((layer) => {
      // A layer may lack some of the groups, so every column gets an entry.
      const places = Array.from({ length: columns.size }, (_, column) => layers.get(layer)?.[column] ?? []);
      const depth = places.reduce((most, place) => Math.max(most, place.length), 0);
      return Array.from({ length: depth }, (_, copy) => ({
        layer,
        modules: places.map((place) => place[copy] ?? null),
      }));
    });
  return { columns: [...columns.keys()], rows, others };
}

/** The paths without the dotted segments that all of them start with. A path keeps at least its last segment. */
export function withoutCommonPrefix(paths: readonly string[]): string[] {
  const split = paths.map((path) => path.split('.'));
  const first = split[0] ?? [];
  let shared = 0;
  while (split.every((segments) => segments.length > shared + 1 && segments[shared] === first[shared])) {
    if (++shared >= first.length) break;
  }
  return split.map((segments) => segments.slice(shared).join('.'));
}
