import { strict as assert } from 'node:assert';
import { pacedSort } from '../../../../src/planner/scan/pacedSort';

describe('the paced sort', () => {
  it('agrees with a stable sort at any length, and pauses between short runs', async () => {
    for (const length of [0, 1, 499, 500, 501, 1000, 12_345]) {
      const items = Array.from({ length }, (_, i) => ({ key: (i * 7919) % 101, i }));
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
      let compared = 0;
      let longest = 0;
      const counted = (a: { key: number }, b: { key: number }) => {
        longest = Math.max(longest, ++compared);
        return compare(a, b);
      };
      const sorted = await pacedSort(items, counted, {
        pause: async () => {
          compared = 0;
        },
      });
      assert.deepEqual(sorted, [...items].sort(compare));
      // A run of 500 takes at most 500 times log2(500) comparisons.
      assert.ok(longest <= 4500, String(longest));
    }
  });
});
