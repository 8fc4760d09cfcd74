import { strict as assert } from 'node:assert';
import { LruCache } from '../../../src/protocol/lruCache';

const byLength = { sizeOf: ({ length }: string) => length };

describe('a cache of the most recently used values', () => {
  it('drops the least recently used entry and never exceeds its limit', () => {
    const cache = new LruCache<string>(10, byLength);
    cache.set('a', 'AAAA');
    cache.set('b', 'BBBB');
    assert.equal(cache.get('a'), 'AAAA');
    cache.set('c', 'CCCC');
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c'), cache.size], ['AAAA', undefined, 'CCCC', 8]);
  });

  it('counts a value that replaces another once', () => {
    const cache = new LruCache<string>(10, byLength);
    cache.set('a', 'AAAA');
    cache.set('a', 'A');
    assert.deepEqual([cache.get('a'), cache.size], ['A', 1]);
    cache.clear();
    assert.deepEqual([cache.has('a'), cache.size], [false, 0]);
  });

  it('does not keep a value larger than the limit, and drops nothing for it', () => {
    const cache = new LruCache<string>(4, byLength);
    cache.set('a', 'AAAA');
    cache.set('large', 'LARGE');
    assert.deepEqual([cache.has('a'), cache.has('large')], [true, false]);
  });

  it('keeps a value larger than the limit until the next one on request', () => {
    const cache = new LruCache<string>(4, { ...byLength, keepsNewest: true });
    cache.set('large', 'LARGE');
    assert.ok(cache.has('large'));
    cache.set('a', 'A');
    assert.deepEqual([cache.has('large'), cache.size], [false, 1]);
  });

  it('counts entries if values have no size', () => {
    const cache = new LruCache<number>(2);
    for (const key of ['a', 'b', 'c']) cache.set(key, 1);
    assert.deepEqual([cache.has('a'), cache.size], [false, 2]);
  });

  it('does not count a check for a key as a use', () => {
    const cache = new LruCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    assert.ok(cache.has('a'));
    cache.set('c', 3);
    assert.deepEqual([cache.has('a'), cache.has('b')], [false, true]);
  });

  it('reports the values that it drops to make room, and no others', () => {
    const dropped: number[] = [];
    const cache = new LruCache<number>(2, { dropped: (value) => dropped.push(value) });
    for (const value of [1, 2, 3, 4]) cache.set(String(value), value);
    cache.set('4', 5);
    cache.clear();
    assert.deepEqual(dropped, [1, 2]);
  });
});
