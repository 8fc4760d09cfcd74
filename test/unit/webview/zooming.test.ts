import { strict as assert } from 'node:assert';
import { Zooming } from '../../../webview-ui/shared/heatmap/zooming';

describe('a zoom', () => {
  const STILL = { moving: false, hold: false };
  const HELD = { moving: true, hold: true };

  function setUp(): { clock: { ms: number }; zooming: Zooming; rests: () => number } {
    const clock = { ms: 0 };
    let rests = 0;
    return { clock, zooming: new Zooming(() => void rests++, () => clock.ms), rests: () => rests };
  }

  it('is not what the first size is, nor the same size again', () => {
    const { zooming, clock } = setUp();
    for (const ms of [0, 16, 32]) {
      clock.ms = ms;
      assert.deepEqual(zooming.at(4), STILL);
    }
  });

  it('holds while the size changes from draw to draw, and is over a moment after', () => {
    const { zooming, clock } = setUp();
    zooming.at(4);
    for (let step = 1; step <= 10; step++) {
      clock.ms += 16;
      assert.deepEqual(zooming.at(4 / step - 0.01), HELD);
    }
    clock.ms += 79;
    assert.deepEqual(zooming.at(4 / 10 - 0.01), HELD);
    clock.ms += 1;
    assert.deepEqual(zooming.at(4 / 10 - 0.01), STILL);
    zooming.reset();
  });

  it('that goes on and on lets reads through now and then', () => {
    const { zooming, clock } = setUp();
    let through = 0;
    for (let size = 1000; size > 700; size--) {
      clock.ms += 16;
      const { moving, hold } = zooming.at(size);
      if (moving && !hold) through++;
    }
    // 4.8 s of it.
    assert.equal(through, 4);
    zooming.reset();
  });

  it('calls for a draw when it may be over, unless it ended before', async () => {
    const { zooming, rests } = setUp();
    zooming.at(4);
    zooming.at(3);
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(rests(), 1);
    zooming.at(2);
    zooming.reset();
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(rests(), 1);
  });
});
