/**
 * The experts of a checkpoint as transformers 5 builds them. The file has a linear for each expert; the model has two
 * tensors for all of them.
 */

import { FUSED_CONVERSIONS } from './architectures/fusedConversions';
import type { ModelShape } from './modelShape';
import type { NamedShape } from './rows';

const EXPERT = /^(.*\.experts)\.(\d{1,4})\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$/;
/** Mixtral's layers keep their experts under another name in the file. */
const OLD_HOLDER = /\.block_sparse_moe(?=\.)/;

export function isConverted(modelType: string): boolean {
  return FUSED_CONVERSIONS.some(({ modelTypes }) => modelTypes.includes(modelType));
}

/** The tensors with the experts of each layer fused, for the types that transformers fuses. */
export function fuseExperts({ modelType }: ModelShape, tensors: readonly NamedShape[]): readonly NamedShape[] {
  if (!isConverted(modelType)) return tensors;
  const fused = new Map<string, { readonly shape: readonly number[]; count: number }>();
  const others: NamedShape[] = [];
  for (const [stored, shape] of tensors) {
    const name = stored.replace(OLD_HOLDER, '.mlp');
    const [, path, , projection = ''] = EXPERT.exec(name) ?? [];
    if (path === undefined || shape.length !== 2) {
      others.push([name, shape]);
      continue;
    }
    const out = projection === 'down_proj' || projection === 'w2';
    if (projection === 'up_proj' || projection === 'w3') continue;
    const key = `${path}.${out ? 'down_proj' : 'gate_up_proj'}`;
    const [rows = 0, columns = 0] = shape;
    const found = fused.get(key) ?? { shape: [out ? rows : 2 * rows, columns], count: 0 };
    fused.set(key, found);
    found.count++;
  }
  return [...others, ...[...fused].map(([name, { shape, count }]): NamedShape => [name, [count, ...shape]])];
}
