/** The list of a source's tensors, flat or as a tree, with its filter and its order. */

import type { TensorInfo } from '../../../../src/protocol/source';
import { NameShortener } from '../../../../src/text/shortNames';
import { h } from '../../../shared/element';
import { formatCount } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { findTensor } from '../../data/subject';
import { listedTensors } from '../../data/tensorList';
import { tensorRoles } from '../../data/tensorRole';
import { TensorTree } from '../../data/tensorTree';
import type { TreeRow } from '../../data/tensorTree';
import { VirtualList } from '../controls/virtualList';
import { groupRow, tensorRow } from './tensorRows';

const ROW_PX = 40;
/** A tree of at most this many tensors starts with every group open. */
const ALL_OPEN = 60;
/** Number of open groups that are saved. Nobody opens more by hand. */
const MAX_OPEN = 500;

const ORDERS = [
  ['tree', 'as a tree'],
  ['file', 'as in the file'],
  ['name', 'by name'],
  ['size', 'largest first'],
  ['dtype', 'by dtype'],
  ['norm', 'largest norm first'],
] as const;

export class TensorBrowser {
  private readonly tree: TensorTree;
  private readonly names: NameShortener;
  private readonly roles: ReturnType<typeof tensorRoles>;
  private readonly list: VirtualList<TreeRow>;
  private readonly filter: HTMLInputElement;
  private readonly sort: HTMLSelectElement;
  private readonly count = h('p', { class: 'note', role: 'status' });
  readonly element: HTMLElement;

  constructor(private readonly context: ViewContext) {
    const { description, store } = context;
    this.tree = new TensorTree(description.tensors);
    this.names = new NameShortener(description.tensors.map(({ name }) => name));
    this.roles = tensorRoles(description);
    this.list = this.createList();
    this.filter = h('input', {
      type: 'search',
      placeholder: 'Filter',
      title: 'Words in the name, dtype or shape',
      'aria-label': 'Filter tensors',
      spellcheck: 'false',
      oninput: () => store.set({ filter: this.filter.value }),
    });
    this.sort = h(
      'select',
      { 'aria-label': 'Order', onchange: () => store.set({ sort: this.sort.value }) },
      ORDERS.map(([value, label]) => h('option', { value }, label)),
    );
    this.element = h(
      'nav',
      { class: 'tensor-list', 'aria-label': 'Tensors' },
      h('div', { class: 'list-tools' }, this.filter, this.sort),
      this.count,
      this.list.element,
    );
  }

  /** The tensor that the user chose, or the first. */
  get chosen(): TensorInfo | undefined {
    const { description, store } = this.context;
    return findTensor(description, store.get().tensor) ?? description.tensors[0];
  }

  show(): void {
    const { description, store, client } = this.context;
    const { tensors } = description;
    const state = store.get();
    this.filter.value = state.filter;
    this.sort.value = state.sort;
    // Norms are known for the tensors that the scan of the checkpoint has read.
    const norms = new Map(client.scanned.map(({ index, norm }) => [tensors[index]!, norm]));
    const listed = listedTensors(tensors, state.filter, state.sort, norms, this.roles);
    this.count.textContent = countText(listed.length, tensors.length);
    if (state.sort === 'norm' && norms.size < tensors.length)
      this.count.append('; for norms, run a scan in the Scan tab');
    const asTree = state.sort === 'tree' && state.filter.trim() === '';
    const rows = asTree
      ? this.tree.rows(this.isOpen())
      : listed.map((tensor): TreeRow => ({ kind: 'tensor', tensor, label: tensor.name, depth: 0 }));
    const { chosen } = this;
    this.list.show(
      rows,
      rows.findIndex((row) => row.kind === 'tensor' && row.tensor === chosen),
    );
  }

  dispose(): void {
    this.list.dispose();
  }

  private createList(): VirtualList<TreeRow> {
    return new VirtualList<TreeRow>({
      label: 'Tensors',
      rowHeight: ROW_PX,
      render: (row) =>
        row.kind === 'group'
          ? groupRow(row.group, row.open, this.names)
          : tensorRow(row.tensor, { ...row, role: this.roles.get(row.tensor.name)?.role }, this.names),
      choose: (row) => {
        if (row.kind === 'tensor') this.context.store.set({ tensor: row.tensor.name, slice: [] });
      },
      place: (row) => (row.kind === 'group' ? { depth: row.group.depth, open: row.open } : { depth: row.depth }),
      toggle: (row) => {
        if (row.kind === 'group') this.toggleGroup(row.group.path, row.open);
      },
    });
  }

  /**
   * Groups that are open before the user opens or closes one: all of a short list, or the path to the chosen tensor of
   * a long one.
   */
  private isOpen(): (path: string) => boolean {
    const { openGroups } = this.context.store.get();
    if (!openGroups && this.context.description.tensors.length <= ALL_OPEN) return () => true;
    const open = new Set(openGroups ?? this.tree.groupsOf(this.chosen?.name ?? ''));
    return (path) => open.has(path);
  }

  private toggleGroup(path: string, open: boolean): void {
    const { store } = this.context;
    const shown = this.isOpen();
    const others =
      store.get().openGroups ??
      this.tree.rows(shown).flatMap((row) => (row.kind === 'group' && row.open ? [row.group.path] : []));
    const left = others.filter((other) => other !== path);
    store.set({ openGroups: open ? left : [...left.slice(1 - MAX_OPEN), path] });
  }
}

function countText(listed: number, total: number): string {
  const all = formatCount(total);
  if (listed < total) return `${formatCount(listed)} of ${all} tensors`;
  return `${all} ${total === 1 ? 'tensor' : 'tensors'}`;
}
