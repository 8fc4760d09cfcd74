import { strict as assert } from 'node:assert';
import { atOnce, filterInSteps, mapByKey, mapInSteps, sortInSteps } from '../../../src/checkpoint/steps';
import type { Steps } from '../../../src/checkpoint/steps';

/** The result with the number of pauses. */
function counted<T>(steps: Steps<T>): { readonly result: T; readonly pauses: number } {
  for (let pauses = 0; ; pauses++) {
    const step = steps.next();
    if (step.done) return { result: step.value, pauses };
  }
}

describe('work in steps', () => {
  const items = Array.from({ length: 5003 }, (_, i) => ({ key: (i * 7919) % 97, i }));

  it('sorts as a stable sort does, and pauses', () => {
    const { result, pauses } = counted(sortInSteps(items, (a, b) => a.key - b.key));
    assert.deepEqual(
      result,
      [...items].sort((a, b) => a.key - b.key),
    );
    assert.ok(pauses > 10);
    assert.deepEqual(atOnce(sortInSteps([] as number[], (a, b) => a - b)), []);
  });

  it('sorts at any length in steps of a bounded number of comparisons', () => {
    for (const length of [1, 499, 500, 501, 1000, 12_345]) {
      const unsorted = Array.from({ length }, (_, i) => ({ key: (i * 7919) % 101, i }));
      const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key;
      let compared = 0;
      const steps = sortInSteps(unsorted, (a, b) => (compared++, compare(a, b)));
      for (;;) {
        compared = 0;
        const step = steps.next();
        // A run of 500 takes at most 500 times log2(500) comparisons.
        assert.ok(compared <= 4500, String(compared));
        if (!step.done) continue;
        assert.deepEqual(step.value, [...unsorted].sort(compare));
        break;
      }
    }
  });

  it('maps, filters and indexes as the methods of arrays do', () => {
    assert.deepEqual(
      atOnce(mapInSteps(items, ({ i }, index) => i + index)),
      items.map(({ i }) => 2 * i),
    );
    assert.deepEqual(
      atOnce(filterInSteps(items, ({ key }) => key === 3)),
      items.filter(({ key }) => key === 3),
    );
    const { result, pauses } = counted(mapByKey(items, ({ key }) => key));
    assert.deepEqual(result, new Map(items.map((item) => [item.key, item])));
    assert.ok(pauses > 5);
  });
});
