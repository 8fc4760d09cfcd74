import { strict as assert } from 'node:assert';
import { PacedMatching } from '../../../src/matrices/pacedMatching';
import { SliceOver } from '../../../src/peftConfig/errors';
import { Matching } from '../../../src/peftConfig/matching';

/** A matching whose slices end at once, until the given one. */
class Sliced extends Matching {
  slices = 0;

  constructor(private readonly last: number) {
    super();
  }

  override run<T>(work: () => T): T {
    if (++this.slices < this.last) throw new SliceOver();
    return super.run(work);
  }
}

describe('paced matching', () => {
  it('starts the work again after each slice, and gives its result', async () => {
    const matching = new Sliced(4);
    assert.equal(await new PacedMatching(undefined, matching).run(() => 7), 7);
    assert.equal(matching.slices, 4);
  });

  it('stops with the reason of its signal before the next slice', async () => {
    const controller = new AbortController();
    const matching = new Sliced(Infinity);
    const running = new PacedMatching(controller.signal, matching).run(() => 7);
    controller.abort(new Error('no longer wanted'));
    await assert.rejects(running, /no longer wanted/);
    const { slices } = matching;
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(matching.slices, slices);
  });

  it('rejects with any other error of the work', async () => {
    const failing = new PacedMatching().run(() => {
      throw new TypeError('broken');
    });
    await assert.rejects(failing, TypeError);
  });
});
