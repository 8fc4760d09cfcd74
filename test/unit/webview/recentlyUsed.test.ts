import { strict as assert } from 'node:assert';
import { RecentlyUsed } from '../../../webview-ui/shared/recentlyUsed';

describe('a map of limited weight', () => {
  it('holds as many entries as its limit and forgets the one that was used longest ago', () => {
    const kept = new RecentlyUsed<string, number>({ limit: 2 });
    kept.set('a', 1);
    kept.set('b', 2);
    assert.equal(kept.get('a'), 1);
    kept.set('c', 3);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => kept.get(key)),
      [1, undefined, 3],
    );
  });

  it('names what it forgets, oldest first, and not what is replaced or cleared', () => {
    const forgotten: string[] = [];
    const kept = new RecentlyUsed<string, number>({
      limit: 10,
      weigh: (value) => value,
      forgotten: (key, value) => forgotten.push(`${key}=${value}`),
    });
    kept.set('a', 4);
    kept.set('b', 4);
    kept.set('a', 5);
    assert.deepEqual(forgotten, []);
    kept.set('c', 10);
    assert.deepEqual(forgotten, ['b=4', 'a=5']);
    kept.clear();
    assert.deepEqual(forgotten, ['b=4', 'a=5']);
    assert.equal(kept.weight, 0);
  });

  it('does not count a look by `has` as a use', () => {
    const kept = new RecentlyUsed<string, number>({ limit: 2 });
    kept.set('a', 1);
    kept.set('b', 2);
    assert.ok(kept.has('a'));
    kept.set('c', 3);
    assert.ok(!kept.has('a'));
  });
});
