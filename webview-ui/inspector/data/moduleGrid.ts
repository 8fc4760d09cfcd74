/** Lays the modules of an adapter out as layers x groups. */

import type { LoraModuleInfo } from '../../../src/protocol/source';

/** The path of a module as users know it: kohya's names have '_' in the place of '.'. */
export const pathOf = ({ module, path }: Pick<LoraModuleInfo, 'module' | 'path'>): string => path ?? module;

/** The modules of one block of a UNet, or those outside of blocks if `block` is `null`. */
export interface GridSection {
  readonly block: string | null;
  readonly grid: ModuleGrid;
}

export interface ModuleGrid {
  /** Full group paths in order of appearance. */
  readonly columns: readonly string[];
  /** A layer and, for each column, the index of a module or `null`. Two modules in one place make a second row. */
  readonly rows: readonly { readonly layer: number; readonly modules: readonly (number | null)[] }[];
  /** Modules outside the numbered layers. */
  readonly others: readonly number[];
}

/** One section without blocks comes first, then the blocks in the order of their first modules. */
export function gridSections(modules: readonly LoraModuleInfo[]): GridSection[] {
  const blocks = new Map<string | null, number[]>();
  modules.forEach(({ block = null }, index) => {
    const members = blocks.get(block) ?? [];
    members.push(index);
    blocks.set(block, members);
  });
  const outside = blocks.get(null);
  const ordered = [...(outside ? [[null, outside] as const] : []), ...[...blocks].filter(([block]) => block !== null)];
  return ordered.map(([block, members]) => ({ block, grid: moduleGrid(modules, members) }));
}

/** `members` are indices of `modules`; by default all. */
export function moduleGrid(
  modules: readonly Pick<LoraModuleInfo, 'layer' | 'group'>[],
  members: readonly number[] = [...modules.keys()],
): ModuleGrid {
  const columns = new Map<string, number>();
  const others: number[] = [];
  const layers = new Map<number, number[][]>();
  members.forEach((index) => {
    const { layer, group } = modules[index]!;
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
