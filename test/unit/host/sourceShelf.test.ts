import { strict as assert } from 'node:assert';
import { SourceShelf } from '../../../src/host/sourceShelf';

function sourceNamed(name: string, released: string[]) {
  return { busy: false, release: () => void released.push(name) };
}

describe('the shelf of open sources', () => {
  it('releases those that were not seen for longest until the others fit', () => {
    const released: string[] = [];
    const shelf = new SourceShelf(100);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => sourceNamed(name, released)) as [
      Shelved,
      Shelved,
      Shelved,
      Shelved,
    ];
    for (const source of [a, b, c]) shelf.seen(source, 30);
    shelf.seen(a, 30);
    shelf.seen(d, 60);
    assert.deepEqual(released, ['b', 'c']);
  });

  it('keeps the last one, however large it is, and releases it for the next', () => {
    const released: string[] = [];
    const shelf = new SourceShelf(100);
    const [large, small] = [sourceNamed('large', released), sourceNamed('small', released)];
    shelf.seen(large, 500);
    assert.deepEqual(released, []);
    shelf.seen(small, 1);
    assert.deepEqual(released, ['large']);
  });

  it('leaves a source alone while a request reads from it', () => {
    const released: string[] = [];
    const shelf = new SourceShelf(100);
    const reading = { ...sourceNamed('reading', released), busy: true };
    shelf.seen(reading, 80);
    shelf.seen(sourceNamed('other', released), 80);
    assert.deepEqual(released, []);
    reading.busy = false;
    shelf.trim();
    assert.deepEqual(released, ['reading']);
  });

  it('no longer counts what was closed', () => {
    const released: string[] = [];
    const shelf = new SourceShelf(100);
    const [closed, kept] = [sourceNamed('closed', released), sourceNamed('kept', released)];
    shelf.seen(closed, 80);
    shelf.forget(closed);
    shelf.seen(kept, 80);
    shelf.seen(sourceNamed('new', released), 10);
    assert.deepEqual(released, []);
  });
});

type Shelved = ReturnType<typeof sourceNamed>;
