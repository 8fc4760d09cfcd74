/** Guesses which tensors could be the low-rank pairs of an adapter whose names no rule knows. */

import type { Problem } from '../../peftConfig/problem';
import { quoted } from '../../peftConfig/quoted';
import type { TensorEntry } from '../header';
import { eachInSteps, filterInSteps } from '../steps';
import type { Steps } from '../steps';

/** Largest share of the smaller feature size that a rank takes. Trained ranks are far below it. */
const LARGEST_RANK_SHARE = 0.5;
/** Share of the matrices that must belong to pairs. A base model has a few by chance. */
const LEAST_SHARE = 0.5;

interface Pair {
  readonly first: TensorEntry;
  readonly second: TensorEntry;
  readonly rank: number;
}

/** Tensors of a file without a known adapter. `hasConfig` is true if an adapter_config.json lies beside it. */
export function* unknownPairs(tensors: readonly TensorEntry[], hasConfig: boolean): Steps<Problem | null> {
  const matrices = yield* filterInSteps(tensors, ({ shape }) => shape.length === 2);
  const pairs = yield* pairsOf(matrices);
  const [first] = pairs;
  if (first && 2 * pairs.length >= LEAST_SHARE * matrices.length) {
    const names = `${quoted(first.first.name)} and ${quoted(first.second.name)}`;
    const message =
      `${pairs.length} pairs of tensors look like low-rank factors of an adapter whose names are not known, such as ` +
      `${names} with rank ${first.rank}`;
    return { severity: hasConfig ? 'warning' : 'info', message, subject: first.first.name };
  }
  if (!hasConfig || tensors.length === 0) return null;
  const message =
    'adapter_config.json lies beside the file, but none of its tensors has a name that belongs to a known adapter';
  return { severity: 'warning', message, subject: tensors[0]!.name };
}

/** Two matrices whose names differ in one segment only and that share one side, which is short. */
function* pairsOf(matrices: readonly TensorEntry[]): Steps<Pair[]> {
  const groups = new Map<string, TensorEntry[]>();
  yield* eachInSteps(matrices, (entry) => {
    const segments = entry.name.split('.');
    const at = segments.at(-1) === 'weight' ? segments.length - 2 : segments.length - 1;
    const stem = [...segments.slice(0, Math.max(at, 0)), '*', ...segments.slice(at + 1)].join('.');
    const group = groups.get(stem) ?? [];
    groups.set(stem, group);
    group.push(entry);
  });
  const pairs: Pair[] = [];
  yield* eachInSteps(groups.values(), ([first, second, third]) => {
    if (!first || !second || third) return;
    const rank = commonRank(first.shape, second.shape);
    if (rank !== null) pairs.push({ first, second, rank });
  });
  return pairs;
}

function commonRank([a0 = 0, a1 = 0]: readonly number[], [b0 = 0, b1 = 0]: readonly number[]): number | null {
  const ranks = [
    [a0, b1, a1, b0],
    [a1, b0, a0, b1],
    [a0, b0, a1, b1],
    [a1, b1, a0, b0],
  ].flatMap(([rank, other, left, right]) =>
    rank! > 0 && rank === other && rank! <= LARGEST_RANK_SHARE * Math.min(left!, right!) ? [rank!] : [],
  );
  return ranks.length > 0 ? ranks.reduce((least, rank) => Math.min(least, rank)) : null;
}
