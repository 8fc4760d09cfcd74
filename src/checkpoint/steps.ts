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

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
