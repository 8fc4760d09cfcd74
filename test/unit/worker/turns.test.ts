import { strict as assert } from 'node:assert';
import { Turns } from '../../../src/worker/turns';

/** Lets every settled promise run its callbacks. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('jobs that take turns', () => {
  it('run at most N at a time, in order, and continue after one that fails', async () => {
    const turns = new Turns(2);
    const started: number[] = [];
    const ends: ((failed?: Error) => void)[] = [];
    const results = [0, 1, 2, 3].map((i) =>
      turns.take(() => {
        started.push(i);
        return new Promise<number>((resolve, reject) => ends.push((failed) => (failed ? reject(failed) : resolve(i))));
      }),
    );
    await settled();
    assert.deepEqual(started, [0, 1]);
    ends[1]!(new Error('broken'));
    await assert.rejects(results[1]!, /broken/);
    await settled();
    assert.deepEqual(started, [0, 1, 2]);
    ends[0]!();
    ends[2]!();
    await settled();
    ends[3]!();
    assert.deepEqual(await Promise.all([results[0], results[2], results[3]]), [0, 2, 3]);
  });

  it('skip one that is aborted before its turn', async () => {
    const turns = new Turns(1);
    let end = (): void => undefined;
    const first = turns.take(() => new Promise<void>((resolve) => (end = resolve)));
    const controller = new AbortController();
    const second = turns.take(() => assert.fail('it ran'), controller.signal);
    const third = turns.take(() => Promise.resolve('third'));
    controller.abort(new Error('not wanted'));
    end();
    await first;
    await assert.rejects(second, /not wanted/);
    assert.equal(await third, 'third');
  });
});
