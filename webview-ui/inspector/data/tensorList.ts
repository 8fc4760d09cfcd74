/** The tensors that a list shows, and their order. */

import type { TensorInfo } from '../../../src/protocol/source';
import { compareNames } from '../../../src/text/nameOrder';

/** Every word has to occur in the name, the dtype, the shape written '8x768' or the role. Case is ignored. */
export function listedTensors(
  tensors: readonly TensorInfo[],
  filter: string,
  sort: string,
  norms: ReadonlyMap<TensorInfo, number> = new Map(),
  roles: ReadonlyMap<string, { readonly role: string }> = new Map(),
): readonly TensorInfo[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matching =
    words.length === 0
      ? [...tensors]
      : tensors.filter((tensor) => {
          const role = roles.get(tensor.name)?.role ?? '';
          const text = `${tensor.name} ${tensor.dtype} ${tensor.shape.join('x')} ${role}`.toLowerCase();
          return words.every((word) => text.includes(word));
        });
  switch (sort) {
    // Digits in names are compared as numbers, so that layer 10 comes after layer 9.
    case 'tree':
    case 'name':
      return matching.sort(byName);
    case 'size':
      return matching.sort((a, b) => b.bytes - a.bytes || byName(a, b));
    case 'norm': {
      // Tensors that were not scanned, or have no finite entry, come last.
      const norm = (tensor: TensorInfo): number => norms.get(tensor) ?? -1;
      return matching.sort((a, b) => (norm(b) || 0) - (norm(a) || 0) || byName(a, b));
    }
    case 'dtype':
      return matching.sort((a, b) => a.dtype.localeCompare(b.dtype) || byName(a, b));
    default:
      return matching;
  }
}

function byName(a: TensorInfo, b: TensorInfo): number {
  return compareNames(a.name, b.name);
}
