/** The rows of the list of tensors. */

import type { TensorInfo } from '../../../../src/protocol/source';
import { h } from '../../../shared/element';
import { formatBytes, formatCount } from '../../../shared/formatNumber';
import { visibleName } from '../../../shared/visibleText';
import type { TensorGroup } from '../../data/tensorTree';

export function groupRow(group: TensorGroup, open: boolean): HTMLElement {
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

export function tensorRow(tensor: TensorInfo, label: string, depth: number, role: string | undefined): HTMLElement {
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

export function shapeText({ shape }: TensorInfo): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}
