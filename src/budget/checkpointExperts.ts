/**
 * The experts of a checkpoint as transformers 5 builds them. The file has a linear for each expert; the model has two
 * tensors for all of them.
 */

import { FUSED_CONVERSIONS } from './architectures/fusedConversions';
import { BARE_ROUTERS, FUSED_ON_LOAD, STACKED_FAMILY } from './architectures/fusedOnLoad';
import type { ModelShape } from './modelShape';
import type { NamedShape } from './rows';

const EXPERT = /^(.*\.experts)\.(\d{1,4})\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$/;
/** The first half of a gated expert. Nemotron's experts have no gate. */
const GATE = /\.experts\.\d{1,4}\.(?:gate_proj|w1)\.weight$/;
/** Mixtral's layers keep their experts under another name in the file. */
const OLD_HOLDER = /\.block_sparse_moe(?=\.)/;

/** Granite stores its experts stacked, under other names than the model has. */
const GRANITE: readonly (readonly [RegExp, string])[] = [
  [/\.block_sparse_moe\.input_linear\.weight$/, '.block_sparse_moe.experts.gate_up_proj'],
  [/\.block_sparse_moe\.output_linear\.weight$/, '.block_sparse_moe.experts.down_proj'],
  [/\.block_sparse_moe\.router\.layer\.weight$/, '.block_sparse_moe.router.weight'],
];
export function hasBareRouters(modelType: string): boolean {
  return isConverted(modelType) || BARE_ROUTERS.has(modelType);
}

function isConverted(modelType: string): boolean {
  return FUSED_CONVERSIONS.some(({ modelTypes }) => modelTypes.includes(modelType));
}

/** The tensors with the experts of each layer fused, for the types that transformers fuses. */
export function fuseExperts({ modelType }: ModelShape, tensors: readonly NamedShape[]): readonly NamedShape[] {
  if (modelType.startsWith(STACKED_FAMILY)) return tensors.map(([name, shape]) => [granite(name), shape]);
  if (!isConverted(modelType) && !FUSED_ON_LOAD.has(modelType)) return tensors;
  const fused = new Map<string, { readonly shape: readonly number[]; count: number }>();
  const others: NamedShape[] = [];
  const gated = tensors.some(([name]) => GATE.test(name));
  for (const [stored, shape] of tensors) {
    const name = modelType === 'jamba' ? stored : stored.replace(OLD_HOLDER, '.mlp');
    const [, path, , projection = ''] = EXPERT.exec(name) ?? [];
    if (path === undefined || shape.length !== 2) {
      others.push([name, shape]);
      continue;
    }
    const out = projection === 'down_proj' || projection === 'w2';
    const up = projection === 'up_proj' || projection === 'w3';
    if (up && gated) continue;
    const key = `${path}.${out ? 'down_proj' : gated ? 'gate_up_proj' : 'up_proj'}`;
    const [rows = 0, columns = 0] = shape;
    const found = fused.get(key) ?? { shape: [out || up ? rows : 2 * rows, columns], count: 0 };
    fused.set(key, found);
    found.count++;
  }
  return [...others, ...[...fused].map(([name, { shape, count }]): NamedShape => [name, [count, ...shape]])];
}

function granite(name: string): string {
  const found = GRANITE.find(([pattern]) => pattern.test(name));
  return found ? name.replace(found[0], found[1]) : name;
}
