/** The tables of the overview: layers against module groups, and modules outside the numbered layers. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import type { ModuleGrid } from '../../data/moduleGrid';
import { pathOf } from '../../data/moduleGrid';
import { breakable } from '../../../shared/names';
import { h } from '../../../shared/element';

/** If there are more groups (a UNet has dozens), they become the rows, which have room for their names. */
const MAX_COLUMNS = 16;

type NamedModule = Pick<LoraModuleInfo, 'module' | 'path' | 'block' | 'group'>;

type MakeCell = (module: number) => HTMLElement;

/** `null` if no module lies in a numbered layer. */
export function layerTable(grid: ModuleGrid, cell: MakeCell, block?: string): HTMLElement | null {
  if (grid.rows.length === 0) return null;
  const made = grid.columns.length > MAX_COLUMNS ? groupsDown(grid, cell) : layersDown(grid, cell);
  made.setAttribute('aria-label', block === undefined ? 'Modules by layer' : `Modules of ${block} by layer`);
  return made;
}

function layersDown(grid: ModuleGrid, cell: MakeCell): HTMLElement {
  const head = groupHeads(grid, 'col');
  const rows = grid.rows.map(({ layer, modules }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, String(layer)),
      modules.map((module) => place(module, cell)),
    ),
  );
  return table('layer', head, rows);
}

function groupsDown(grid: ModuleGrid, cell: MakeCell): HTMLElement {
  const head = grid.rows.map(({ layer }) => h('th', { scope: 'col' }, `layer ${layer}`));
  const rows = groupHeads(grid, 'row').map((name, column) =>
    h(
      'tr',
      {},
      name,
      grid.rows.map(({ modules }) => place(modules[column] ?? null, cell)),
    ),
  );
  const down = table('module', head, rows);
  down.classList.add('groups-down');
  return down;
}

function place(module: number | null, cell: MakeCell): HTMLElement {
  return module === null ? h('td', { class: 'absent' }) : h('td', {}, cell(module));
}

function groupHeads(grid: ModuleGrid, scope: 'row' | 'col'): HTMLElement[] {
  return grid.columns.map((label) => {
    const cut = label.lastIndexOf('.');
    return h(
      'th',
      { scope },
      cut > 0 && h('span', { class: 'path' }, breakable(label.slice(0, cut))),
      h('span', { class: 'leaf' }, breakable(label.slice(cut + 1))),
    );
  });
}

function table(corner: string, head: readonly HTMLElement[], rows: readonly HTMLElement[]): HTMLElement {
  const made = h(
    'table',
    { class: 'grid' },
    h('thead', {}, h('tr', {}, h('th', { class: 'corner' }, corner), head)),
    h('tbody', {}, rows),
  );
  made.style.setProperty('--columns', String(head.length));
  made.style.setProperty('--rows', String(rows.length));
  return made;
}

/** Modules outside the numbered layers share no columns. Each has its own name below its cell. */
export function otherModules(grid: ModuleGrid, modules: readonly NamedModule[], cell: MakeCell): HTMLElement {
  const nameOf = (info: NamedModule): string => (info.block === undefined ? pathOf(info) : info.group);
  return h(
    'div',
    { class: 'other-cells' },
    grid.others.map((module) =>
      h('div', { class: 'other' }, cell(module), h('span', { class: 'name' }, breakable(nameOf(modules[module]!)))),
    ),
  );
}
