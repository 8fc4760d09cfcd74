/**
 * Pairs whose names do not state how the factors are stored. mlx-lm's bare `lora_a` is (in, rank), torchtune's
 * `lora_a.weight` is (rank, in), and mlx-vlm calls its pair `A` (in, rank) and `B` (rank, out).
 */

import type { TensorEntry } from '../header';
import { eachInSteps, mapInSteps } from '../steps';
import type { Steps } from '../steps';
import type { AdapterPart, PartTensor } from './adapterPart';
import { TENSOR_RULES } from './tensorRoles';
import type { TensorRule } from './tensorRoles';

type Orientation = 'mlx' | 'torchtune';
const RULES: Readonly<Record<Orientation, Readonly<Record<'a' | 'b', TensorRule>>>> = {
  mlx: { a: TENSOR_RULES.get('lora_a')!, b: TENSOR_RULES.get('lora_b')! },
  torchtune: { a: TENSOR_RULES.get('lora_a.weight')!, b: TENSOR_RULES.get('lora_b.weight')! },
};

/**
 * Corrects the orientation of a pair in place. The ranks of A and B must agree. If both orientations agree, the names
 * decide, except that a bare pair is not taken for MLX's if that makes the rank larger than the features.
 */
export function orientLowerCase(part: AdapterPart): void {
  const { style } = part;
  if (style !== 'mlx' && style !== 'torchtune') return;
  const a = part.tensors.get('a')?.entry.shape;
  const b = part.tensors.get('b')?.entry.shape;
  if (a?.length !== 2 || b?.length !== 2) return;
  const rank = { mlx: a[1] === b[0] ? a[1]! : null, torchtune: a[0] === b[1] ? a[0]! : null };
  const other = style === 'mlx' ? 'torchtune' : 'mlx';
  if (rank[other] === null) return;
  const smaller = style === 'mlx' && rank.torchtune! < (rank.mlx ?? Infinity);
  if (rank[style] !== null && !smaller) return;
  part.style = other;
  for (const key of ['a', 'b'] as const) {
    const { name, entry } = part.tensors.get(key)!;
    part.tensors.set(key, { entry, name: { ...name, rule: RULES[other][key], style: other } });
  }
}

/** mlx-vlm's pairs among tensors that no rule explains: `A` and `B` of one module with a common rank. */
export function* bareLetterPairs(rest: readonly TensorEntry[]): Steps<AdapterPart[]> {
  const pairs = new Map<string, Map<string, TensorEntry>>();
  yield* eachInSteps(rest, (entry) => {
    const letter = /\.([AB])$/.exec(entry.name)?.[1]?.toLowerCase();
    if (letter === undefined) return;
    const module = entry.name.slice(0, -2);
    const pair = pairs.get(module) ?? new Map<string, TensorEntry>();
    pairs.set(module, pair.set(letter, entry));
  });
  const parts = yield* mapInSteps([...pairs], ([module, pair]) => partOf(module, pair));
  // State space models also have matrices A and B. They are not all pairs of a common rank.
  return parts.every((part) => part !== null) ? parts : [];
}

function partOf(module: string, pair: ReadonlyMap<string, TensorEntry>): AdapterPart | null {
  const [a, b] = [pair.get('a'), pair.get('b')];
  if (a?.shape.length !== 2 || b?.shape.length !== 2) return null;
  const rank = a.shape[1]!;
  if (rank !== b.shape[0] || rank > Math.min(a.shape[0]!, b.shape[1]!)) return null;
  const tensor = (key: 'a' | 'b', entry: TensorEntry): [string, PartTensor] => [
    key,
    { entry, name: { rule: RULES.mlx[key], style: 'mlx', part: key, module, adapter: '' } },
  ];
  return { module, method: 'LORA', style: 'mlx', tensors: new Map([tensor('a', a), tensor('b', b)]) };
}
