import { strict as assert } from 'node:assert';
import { Glide, GLIDE_MS } from '../../../webview-ui/shared/glide';
import { TestClock } from './frameClock';

function setUp(): { clock: TestClock; glide: Glide<number>; shown: number[] } {
  const clock = new TestClock();
  const shown: number[] = [];
  const blend = (from: number, target: number, share: number): number => from + (target - from) * share;
  return { clock, shown, glide: new Glide(clock, blend, (value) => void shown.push(value)) };
}

describe('a glide', () => {
  it('shows values between its ends frame by frame, and last the target itself', () => {
    const { clock, glide, shown } = setUp();
    glide.to(0, 0.3);
    assert.equal(glide.target, 0.3);
    clock.pass(2 * GLIDE_MS);
    assert.ok(shown.length > 5);
    assert.ok(shown.every((value, i) => i === 0 || value > shown[i - 1]!));
    assert.equal(shown.at(-1), 0.3);
    assert.equal(glide.target, null);
    assert.equal(clock.pending, 0);
  });

  it('never shows a target that another one replaced', () => {
    const { clock, glide, shown } = setUp();
    glide.to(0, 100);
    glide.to(0, -1);
    clock.pass(2 * GLIDE_MS);
    assert.ok(shown.every((value) => value <= 0));
    assert.equal(shown.at(-1), -1);
  });

  it('shows its target at once when it is finished, and nothing when it is at rest', () => {
    const { clock, glide, shown } = setUp();
    glide.to(0, 5);
    glide.finish();
    glide.finish();
    clock.pass(2 * GLIDE_MS);
    assert.deepEqual(shown, [5]);
  });

  it('shows nothing more once it is cancelled', () => {
    const { clock, glide, shown } = setUp();
    glide.to(0, 5);
    glide.cancel();
    clock.pass(2 * GLIDE_MS);
    assert.deepEqual(shown, []);
    assert.equal(glide.target, null);
  });

  it('ends at its target when the reader asks for less motion, before it or during it', () => {
    const { clock, glide, shown } = setUp();
    glide.to(0, 5);
    clock.pass(32);
    clock.reduced = true;
    clock.pass(16);
    assert.equal(shown.at(-1), 5);
    glide.to(5, 9);
    assert.equal(shown.at(-1), 9);
    assert.equal(clock.pending, 0);
  });
});
