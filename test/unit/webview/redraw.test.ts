import { strict as assert } from 'node:assert';
import { Redraw } from '../../../webview-ui/shared/redraw';
import { TestClock } from './frameClock';

describe('a redraw', () => {
  function counted(): { clock: TestClock; redraw: Redraw; drawn: () => number } {
    const clock = new TestClock();
    let drawn = 0;
    return { clock, redraw: new Redraw(() => drawn++, clock), drawn: () => drawn };
  }

  it('draws once in the next frame, however often it was requested', () => {
    const { clock, redraw, drawn } = counted();
    redraw.request();
    redraw.request();
    assert.equal(drawn(), 0);
    clock.pass(16);
    assert.equal(drawn(), 1);
    clock.pass(100);
    assert.equal(drawn(), 1);
    redraw.request();
    clock.pass(16);
    assert.equal(drawn(), 2);
  });

  it('draws at once in place of a requested drawing', () => {
    const { clock, redraw, drawn } = counted();
    redraw.request();
    redraw.now();
    assert.equal(drawn(), 1);
    clock.pass(100);
    assert.equal(drawn(), 1);
  });

  it('draws in the frame after one in which it was requested by the drawing itself', () => {
    const clock = new TestClock();
    let drawn = 0;
    const redraw: Redraw = new Redraw(() => ++drawn < 3 && redraw.request(), clock);
    redraw.request();
    clock.pass(100);
    assert.equal(drawn, 3);
    assert.equal(clock.pending, 0);
  });

  it('draws nothing once it is cancelled', () => {
    const { clock, redraw, drawn } = counted();
    redraw.request();
    redraw.cancel();
    clock.pass(100);
    assert.equal(drawn(), 0);
  });
});
