/** Long work in steps. Its caller decides whether it pauses between them (`Pacer.run`) or not (`atOnce`). */

/** Yields after each step and returns the result. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Items of a step: about a millisecond of work. */
export const ITEMS_PER_STEP = 500;

/** The items with `map` applied. */
export function* mapInSteps<T, U>(items: readonly T[], map: (item: T, index: number) => U): Steps<U[]> {
  const mapped: U[] = [];
  for (const [index, item] of items.entries()) {
    mapped.push(map(item, index));
    if (mapped.length % ITEMS_PER_STEP === 0) yield;
  }
  return mapped;
}

export function* eachInSteps<T>(items: Iterable<T>, visit: (item: T, index: number) => void): Steps<void> {
  let index = 0;
  for (const item of items) {
    visit(item, index++);
    if (index % ITEMS_PER_STEP === 0) yield;
  }
}

/** The items for which `holds` is true. */
export function* filterInSteps<T>(items: readonly T[], holds: (item: T) => boolean): Steps<T[]> {
  const kept: T[] = [];
  yield* eachInSteps(items, (item) => {
    if (holds(item)) kept.push(item);
  });
  return kept;
}

/** The items by their keys. Of several items with one key, the last remains. */
export function* mapByKey<T, K>(items: readonly T[], keyOf: (item: T) => K): Steps<Map<K, T>> {
  const map = new Map<K, T>();
  yield* eachInSteps(items, (item) => map.set(keyOf(item), item));
  return map;
}

/** The items in order, as a new array. Items that compare as equal stay in their order. */
export function* sortInSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += ITEMS_PER_STEP) {
    runs.push(items.slice(start, start + ITEMS_PER_STEP).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i]!, runs[i + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const merged: T[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    const fromLeft = j >= right.length || (i < left.length && compare(left[i]!, right[j]!) <= 0);
    merged.push(fromLeft ? left[i++]! : right[j++]!);
    if (merged.length % ITEMS_PER_STEP === 0) yield;
  }
  return merged;
}

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
