import { strict as assert } from 'node:assert';
import { Zooming } from '../../../webview-ui/shared/heatmap/zooming';
import { TestTimers } from './testTimers';

describe('a zoom', () => {
  const STILL = { moving: false, hold: false };
  const HELD = { moving: true, hold: true };

  function setUp(): { clock: TestTimers; zooming: Zooming; rests: () => number } {
    const clock = new TestTimers();
    let rests = 0;
    return { clock, zooming: new Zooming(() => void rests++, clock), rests: () => rests };
  }

  it('does not start with the first size, nor with the same size again', () => {
    const { zooming, clock } = setUp();
    for (const ms of [0, 16, 32]) {
      clock.pass(ms - clock.ms);
      assert.deepEqual(zooming.at(4), STILL);
    }
  });

  it('holds while the size changes from draw to draw, and is over a moment after', () => {
    const { zooming, clock } = setUp();
    zooming.at(4);
    for (let step = 1; step <= 10; step++) {
      clock.pass(16);
      assert.deepEqual(zooming.at(4 / step - 0.01), HELD);
    }
    clock.pass(79);
    assert.deepEqual(zooming.at(4 / 10 - 0.01), HELD);
    clock.pass(1);
    assert.deepEqual(zooming.at(4 / 10 - 0.01), STILL);
    zooming.reset();
  });

  it('lets reads through now and then if it does not end', () => {
    const { zooming, clock } = setUp();
    let through = 0;
    for (let size = 1000; size > 700; size--) {
      clock.pass(16);
      const { moving, hold } = zooming.at(size);
      if (moving && !hold) through++;
    }
    // The loop covers 4.8 s of zooming.
    assert.equal(through, 4);
    zooming.reset();
  });

  it('requests a draw when it may be over, unless it ended before', () => {
    const { zooming, clock, rests } = setUp();
    zooming.at(4);
    zooming.at(3);
    clock.pass(79);
    assert.equal(rests(), 0);
    clock.pass(1);
    assert.equal(rests(), 1);
    zooming.at(2);
    zooming.reset();
    clock.pass(1000);
    assert.equal(rests(), 1);
  });
});
