/** The rows of the list of tensors. */

import type { TensorInfo } from '../../../../src/protocol/source';
import type { NameShortener } from '../../../../src/text/shortNames';
import { h } from '../../../shared/element';
import { formatBytes, formatCount } from '../../../shared/formatNumber';
import { showName } from '../../../shared/names';
import type { TensorGroup } from '../../data/tensorTree';

export function groupRow(group: TensorGroup, open: boolean, names: NameShortener): HTMLElement {
  const row = h(
    'div',
    { class: group.damaged ? 'row group damaged' : 'row group', title: group.path },
    h('span', { class: open ? 'twistie open' : 'twistie', 'aria-hidden': 'true' }),
    nameOf(group.label, names),
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

function nameOf(label: string, names: NameShortener): HTMLElement {
  const name = h('span', { class: 'name' });
  showName(name, label, (whole, fits) => names.shorten(whole, fits));
  return name;
}

export function tensorRow(
  tensor: TensorInfo,
  { label, depth, role }: { readonly label: string; readonly depth: number; readonly role: string | undefined },
  names: NameShortener,
): HTMLElement {
  const row = h(
    'div',
    {
      class: tensor.readable ? 'row' : 'row damaged',
      title: [tensor.name, tensor.file, role].filter((line) => line !== undefined).join('\n'),
    },
    nameOf(label, names),
    h(
      'span',
      { class: 'meta' },
      // A tensor known only from an index has no further facts.
      tensor.dtype === '?' && !tensor.readable
        ? 'missing'
        : `${tensor.dtype} · ${shapeText(tensor)} · ${tensor.readable ? formatBytes(tensor.bytes) : 'damaged'}`,
      tensor.undecoded !== undefined && ' · not decoded',
      role !== undefined && ` · ${role}`,
    ),
  );
  return indented(row, depth);
}

export function shapeText({ shape }: TensorInfo): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}
