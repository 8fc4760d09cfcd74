/** All tensors of the source: a searchable list, and the chosen one as a heatmap. */

import type { TensorInfo } from '../../../src/protocol/source';
import { formatBytes, formatCount } from '../../shared/formatNumber';
import { visibleName } from '../../shared/visibleText';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { findTensor, matrixShape, tensorSubject } from '../data/subject';
import { listedTensors } from '../data/tensorList';
import { namedAxis, roleText, tensorRoles } from '../data/tensorRole';
import { TensorTree } from '../data/tensorTree';
import type { TensorGroup, TreeRow } from '../data/tensorTree';
import { h } from '../../shared/element';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { segmented } from '../parts/controls/segmented';
import { slicePicker } from '../parts/controls/slicePicker';
import { stepSlider } from '../parts/controls/stepSlider';
import { VirtualList } from '../parts/controls/virtualList';

const ROW_PX = 40;
/** A tree of at most this many tensors starts with every group open. */
const ALL_OPEN = 60;
/** Number of open groups that are saved. Nobody opens more by hand. */
const MAX_OPEN = 500;

export function tensorView(context: ViewContext): View {
  const { description, store, client } = context;
  const { training } = description;
  const roles = tensorRoles(description);
  const colors = new ColorModel(client, store);
  const pane = new MatrixPane(context, colors, { label: 'tensor' });
  const tree = new TensorTree(description.tensors);
  const list = new VirtualList<TreeRow>({
    label: 'Tensors',
    rowHeight: ROW_PX,
    render: (row) =>
      row.kind === 'group'
        ? groupRow(row.group, row.open)
        : tensorRow(row.tensor, row.label, row.depth, roles.get(row.tensor.name)?.role),
    choose: (row) => {
      if (row.kind === 'tensor') store.set({ tensor: row.tensor.name, slice: [] });
    },
    place: (row) => (row.kind === 'group' ? { depth: row.group.depth, open: row.open } : { depth: row.depth }),
    toggle: (row) => {
      if (row.kind === 'group') toggleGroup(row.group.path, row.open);
    },
  });
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter',
    title: 'Words in the name, dtype or shape',
    'aria-label': 'Filter tensors',
    spellcheck: 'false',
    oninput: () => store.set({ filter: filter.value }),
  });
  const sort = h(
    'select',
    { 'aria-label': 'Order', onchange: () => store.set({ sort: sort.value }) },
    ...[
      ['tree', 'as a tree'],
      ['file', 'as in the file'],
      ['name', 'by name'],
      ['size', 'largest first'],
      ['dtype', 'by dtype'],
      ['norm', 'largest norm first'],
    ].map(([value, label]) => h('option', { value: value ?? '' }, label)),
  );
  const count = h('p', { class: 'note', role: 'status' });
  const slices = slicePicker((slice) => store.set({ slice }));
  const gradients = segmented<'value' | 'gradient'>(
    'Show values or their gradient',
    [
      { value: 'value', label: 'Values' },
      { value: 'gradient', label: 'Gradient' },
    ],
    (value) => store.set({ gradients: value === 'gradient' }),
  );
  const slider = training && stepSlider(training, (step) => store.set({ step }));
  const purpose = h('p', { class: 'note purpose' });
  const head = h('div', { class: 'view-head' }, purpose, slices.element, gradients.element, slider?.element);
  const element = h(
    'div',
    { class: 'tensor-view' },
    h(
      'nav',
      { class: 'tensor-list', 'aria-label': 'Tensors' },
      h('div', { class: 'list-tools' }, filter, sort),
      count,
      list.element,
    ),
    h('div', { class: 'tensor-stage' }, head, pane.element),
  );

  const chosen = (): TensorInfo | undefined => findTensor(description, store.get().tensor) ?? description.tensors[0];

  function showList(): void {
    const state = store.get();
    filter.value = state.filter;
    sort.value = state.sort;
    // Norms are known for the tensors that the scan of the checkpoint has read.
    const norms = new Map(client.scanned.map(({ index, norm }) => [description.tensors[index]!, norm]));
    const listed = listedTensors(description.tensors, state.filter, state.sort, norms, roles);
    const total = formatCount(description.tensors.length);
    count.textContent =
      listed.length === description.tensors.length
        ? `${total} ${listed.length === 1 ? 'tensor' : 'tensors'}`
        : `${formatCount(listed.length)} of ${total} tensors`;
    if (state.sort === 'norm' && norms.size < description.tensors.length)
      count.append('; for norms, run a scan in the Scan tab');
    const asTree = state.sort === 'tree' && state.filter.trim() === '';
    const rows = asTree
      ? tree.rows(isOpen())
      : listed.map((tensor): TreeRow => ({ kind: 'tensor', tensor, label: tensor.name, depth: 0 }));
    const tensor = chosen();
    list.show(
      rows,
      rows.findIndex((row) => row.kind === 'tensor' && row.tensor === tensor),
    );
  }

  /**
   * Groups that are open before the user opens or closes one: all of a short list, or the path to the chosen tensor of
   * a long one.
   */
  function isOpen(): (path: string) => boolean {
    const { openGroups } = store.get();
    if (!openGroups && description.tensors.length <= ALL_OPEN) return () => true;
    const open = new Set(openGroups ?? tree.groupsOf(chosen()?.name ?? ''));
    return (path) => open.has(path);
  }

  function toggleGroup(path: string, open: boolean): void {
    const shown = isOpen();
    const others =
      store.get().openGroups ??
      tree.rows(shown).flatMap((row) => (row.kind === 'group' && row.open ? [row.group.path] : []));
    const left = others.filter((other) => other !== path);
    store.set({ openGroups: open ? left : [...left.slice(1 - MAX_OPEN), path] });
  }

  let shownKey = '';
  function showTensor(): void {
    const state = store.get();
    const tensor = chosen();
    if (!tensor) return pane.setSubject(null, 'This file holds no tensors.');
    const gradient = findTensor(description, tensor.gradient);
    gradients.element.hidden = !gradient;
    gradients.show(gradient && state.gradients ? 'gradient' : 'value');
    const shown = gradient && state.gradients ? gradient : tensor;
    const { leading } = matrixShape(shown.shape);
    const slice = leading.map((size, axis) => Math.min(size - 1, Math.max(0, state.slice[axis] ?? 0)));
    slices.show(leading, slice);
    const step = training?.recordedSteps.includes(state.step) ? state.step : training?.recordedSteps[0];
    if (slider) slider.element.hidden = slider.curve.hidden = !shown.stepped;
    if (step !== undefined) slider?.show(step);
    const role = roles.get(tensor.name);
    purpose.textContent = role ? roleText(role, tensor) : '';
    purpose.hidden = !role;
    head.hidden = !role && leading.length === 0 && !gradient && !shown.stepped;
    const empty = shown.shape.includes(0);
    const subject = tensorSubject(shown, {
      slice,
      step,
      ...(namedAxis(role?.dims.at(-2)) && { rowLabel: role?.dims.at(-2) }),
      ...(namedAxis(role?.dims.at(-1)) && { columnLabel: role?.dims.at(-1) }),
    });
    pane.element.classList.toggle('strip', subject.rows === 1);
    pane.setSubject(
      !shown.readable || shown.undecoded !== undefined || empty ? null : subject,
      empty ? `Shape ${shapeText(shown)}: no entries.` : unreadableText(context, shown),
    );
    const key = `tensor:${shown.name}`;
    if (key !== shownKey) pane.heatmap.setViewport(store.viewport(key));
    shownKey = key;
    context.active.set(pane);
    context.active.refresh();
  }
  pane.onViewport(({ target }) => store.setViewport(shownKey, target));
  pane.onReset(() => {
    pane.heatmap.setViewport(null);
    store.setViewport(shownKey, null);
  });

  showList();
  showTensor();
  const unsubscribe = store.subscribe((changed) => {
    if (['filter', 'sort', 'openGroups'].some((field) => changed.has(field))) showList();
    if (['tensor', 'slice', 'step', 'gradients'].some((field) => changed.has(field))) showTensor();
  });
  return {
    element,
    details: slider ? [slider.curve] : [],
    dispose() {
      unsubscribe();
      slider?.dispose();
      list.dispose();
      pane.dispose();
      colors.dispose();
    },
  };
}

function groupRow(group: TensorGroup, open: boolean): HTMLElement {
  const row = h(
    'div',
    { class: group.damaged ? 'row group damaged' : 'row group', title: group.path },
    h('span', { class: open ? 'twistie open' : 'twistie', 'aria-hidden': 'true' }),
    h('span', { class: 'name' }, h('bdi', {}, group.label)),
    h(
      'span',
      { class: 'meta' },
      `${formatCount(group.tensors)} tensors · ${formatBytes(group.bytes)}`,
      group.damaged && ' · damaged',
    ),
  );
  return indented(row, group.depth);
}

/** Deep levels are indented less, so that names keep their space. */
function indented(row: HTMLElement, depth: number): HTMLElement {
  row.style.paddingLeft = `${6 + Math.min(depth, 8) * 12}px`;
  return row;
}

function tensorRow(tensor: TensorInfo, label: string, depth: number, role: string | undefined): HTMLElement {
  const row = h(
    'div',
    {
      class: tensor.readable ? 'row' : 'row damaged',
      title: [tensor.name, tensor.file, role].filter((line) => line !== undefined).join('\n'),
    },
    h('span', { class: 'name' }, h('bdi', {}, visibleName(label))),
    h(
      'span',
      { class: 'meta' },
      // A tensor known only from an index has no further facts.
      tensor.dtype === '?' && !tensor.readable
        ? 'missing'
        : `${tensor.dtype} · ${shapeText(tensor)} · ${formatBytes(tensor.bytes)}${tensor.readable ? '' : ' · damaged'}`,
      tensor.undecoded !== undefined && ' · not decoded',
      role !== undefined && ` · ${role}`,
    ),
  );
  return indented(row, depth);
}

function shapeText({ shape }: TensorInfo): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}

function unreadableText({ description }: ViewContext, { name, file, undecoded }: TensorInfo): string {
  const about = (what: string | undefined): string | undefined =>
    what === undefined ? undefined : description.problems.find(({ subject }) => subject === what)?.message;
  return undecoded ?? about(name) ?? about(file) ?? 'The data of this tensor is missing or damaged.';
}
