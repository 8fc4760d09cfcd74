/** The order of an adapter's modules: layer 2 comes before layer 10, and everything else stays where the file has it. */

import { compareKeyed, withOrderKey } from '../../text/nameOrder';
import { eachInSteps, ITEMS_PER_STEP, mapInSteps, sortInSteps } from '../steps';
import type { Steps } from '../steps';

/** Deeper parts of a name do not count for its order: a name from a stranger may consist of dots. */
const MOST_SEGMENTS = 32;

/** The end of a name is a segment too, so that a name keeps its place among those that it begins. */
const END = '';

interface Named<T> {
  readonly item: T;
  readonly segments: readonly string[];
}

/**
 * The items with numbered siblings in the order of their numbers, as a new array. Other names stay in their given
 * order: a file that lists layer 10 before layer 2 may well list the modules of a layer as the model runs them.
 */
export function* inNumericOrder<T>(items: readonly T[], nameOf: (item: T) => string): Steps<T[]> {
  const named = yield* mapInSteps(items, (item) => ({
    item,
    segments: [...nameOf(item).split('.', MOST_SEGMENTS), END],
  }));
  const ordered: T[] = [];
  yield* addInOrder(named, 0, ordered);
  return ordered;
}

/** Adds items whose names have the same first `depth` segments. */
function* addInOrder<T>(items: readonly Named<T>[], depth: number, ordered: T[]): Steps<void> {
  const branches = new Map<string, Named<T>[]>();
  yield* eachInSteps(items, (named) => {
    const segment = named.segments[depth];
    if (segment === undefined) ordered.push(named.item);
    else addTo(branches, segment, named);
  });
  // Siblings that differ only in their digits are together, where the first of them is.
  const series = new Map<string, string[]>();
  yield* eachInSteps(branches.keys(), (segment) => addTo(series, segment.replace(/\d+/g, '#'), segment));
  for (const members of series.values()) {
    const keyed = yield* mapInSteps(members, (segment) => withOrderKey(segment, segment));
    const sorted = yield* sortInSteps(keyed, compareKeyed);
    for (const { item: segment } of sorted) yield* addBranch(branches.get(segment)!, depth + 1, ordered);
  }
}

function* addBranch<T>(items: readonly Named<T>[], depth: number, ordered: T[]): Steps<void> {
  if (items.length > 1) return yield* addInOrder(items, depth, ordered);
  ordered.push(items[0]!.item);
  if (ordered.length % ITEMS_PER_STEP === 0) yield;
}

function addTo<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
