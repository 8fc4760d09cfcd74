import { strict as assert } from 'node:assert';
import { BF16_FORMAT, F16_FORMAT, roundToFormat } from '../../../src/checkpoint/floatFormats';
import { roundTo } from '../../../src/surgery/encodeValues';
import { pruneByMagnitude } from '../../../src/surgery/elementwise';
import { relateSubspaces } from '../../../src/surgery/principalAngles';
import { seededRandom } from '../../../src/tensor/random';

describe('rounding to 16 bits', () => {
  it('rounds float64 once, as the reference does', () => {
    const random = seededRandom(7);
    const near = (value: number): number[] => [value, value * (1 + 2 ** -40), value * (1 - 2 ** -40)];
    for (let i = 0; i < 20_000; i++) {
      const coarse = roundToFormat((random() - 0.5) * 2 ** Math.round(40 * random() - 24), BF16_FORMAT);
      // Values at and around the middle between two neighbours decide a double rounding.
      for (const value of [...near(coarse * (1 + 2 ** -8)), ...near(coarse * (1 + 2 ** -11)), coarse]) {
        assert.ok(roundTo(value, 'BF16') === roundToFormat(value, BF16_FORMAT), `BF16 of ${value}`);
        assert.ok(roundTo(value, 'F16') === roundToFormat(value, F16_FORMAT), `F16 of ${value}`);
      }
    }
  });

  it('overflows to infinity and keeps NaN', () => {
    assert.equal(roundTo(65519.999, 'F16'), 65504);
    assert.equal(roundTo(65520, 'F16'), Infinity);
    assert.equal(roundTo(-1e39, 'BF16'), -Infinity);
    assert.ok(Number.isNaN(roundTo(NaN, 'F16')));
    assert.ok(Number.isNaN(roundTo(NaN, 'BF16')));
  });
});

describe('pruning by magnitude', () => {
  it('keeps exactly the share that is asked for, even among equal entries', () => {
    assert.deepEqual([...pruneByMagnitude(Float64Array.of(1, -1, 1, 2), 0.5)], [1, 0, 0, 2]);
    assert.deepEqual([...pruneByMagnitude(Float64Array.of(1, -3, 2), 0)], [0, 0, 0]);
  });
});

describe('principal angles', () => {
  it('are accurate below the square root of the roundoff', () => {
    const angle = 1e-11;
    const u = { rows: 3, columns: 1, data: Float64Array.of(1, 0, 0) };
    const w = { rows: 3, columns: 1, data: Float64Array.of(Math.cos(angle), Math.sin(angle), 0) };
    const { angles } = relateSubspaces(u, w, 3, 1);
    assert.ok(Math.abs(angles[0]! - angle) < 1e-20);
  });
});
