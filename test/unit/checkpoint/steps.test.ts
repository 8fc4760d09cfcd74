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
