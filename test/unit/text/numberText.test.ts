import { strict as assert } from 'node:assert';
import {
  formatBytes,
  formatCount,
  formatFloat32,
  formatMemory,
  formatNumber,
  formatPercent,
  formatTrainableShare,
} from '../../../src/text/numberText';

describe('numbers in texts', () => {
  it('have four significant digits and no trailing zeros', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, '0'],
      [-0, '0'],
      [0.0123, '0.0123'],
      [0.012345678, '0.01235'],
      [-1.5, '-1.5'],
      [12345.678, '12,350'],
      [999999, '1e6'],
      [1.2344e-7, '1.234e-7'],
      [-2e-10, '-2e-10'],
      [1e6, '1e6'],
      [3.4028e38, '3.403e38'],
      [0.001, '0.001'],
      [0.00099996, '0.001'],
    ];
    for (const [value, text] of cases) assert.equal(formatNumber(value), text);
  });

  it('have as few digits as the caller requests', () => {
    assert.equal(formatNumber(0.0123456, 2), '0.012');
    assert.equal(formatNumber(98765, 1), '100,000');
  });

  it('name NaN and the infinities', () => {
    assert.deepEqual(
      [NaN, Infinity, -Infinity].map((value) => formatNumber(value)),
      ['NaN', '+Inf', '-Inf'],
    );
  });

  it('have grouped thousands and ungrouped fractions', () => {
    assert.deepEqual([7, 999, 1000, 12288, 151936, 1234567, -4096, 1234.5678].map(formatCount), [
      '7',
      '999',
      '1,000',
      '12,288',
      '151,936',
      '1,234,567',
      '-4,096',
      '1,234.5678',
    ]);
  });

  it('write a float32 as the shortest decimal that reads back to it', () => {
    assert.equal(formatFloat32(Math.fround(0.1)), '0.1');
    assert.equal(formatFloat32(Math.fround(1 / 3)), '0.33333334');
    assert.equal(formatFloat32(16777216), '16777216');
    let state = 1;
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let i = 0; i < 2000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bits[0] = state;
      const value = float[0] as number;
      if (Number.isFinite(value)) assert.equal(Math.fround(Number(formatFloat32(value))), value);
    }
  });

  it('give bytes in powers of 1000 with three digits', () => {
    assert.deepEqual([0, 1, 999, 1000, 4_720_123, 999_999, 500e9].map(formatBytes), [
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1 kB',
      '4.72 MB',
      '1 MB',
      '500 GB',
    ]);
  });

  it('give shares as a percentage and never round a small one to zero', () => {
    assert.deepEqual([0, 0.5, 1, 0.12345, 0.0123, 0.00001].map(formatPercent), [
      '0%',
      '50%',
      '100%',
      '12.3%',
      '1.2%',
      '<0.01%',
    ]);
  });

  it('give memory in the units of nvidia-smi: a card of 24 GB has 24 GiB', () => {
    assert.deepEqual([0, 512, 300 * 1024, 50 * 2 ** 20, 24 * 2 ** 30, 141 * 2 ** 30].map(formatMemory), [
      '0',
      '0.5 KiB',
      '0.3 MiB',
      '50.0 MiB',
      '24.00 GiB',
      '141 GiB',
    ]);
  });

  it("give the trainable share with PEFT's four decimals, and two digits where those would be zeros", () => {
    assert.deepEqual([0.001953125, 1, 0.000622, 1.234e-7, 0].map(formatTrainableShare), [
      '0.1953%',
      '100.0000%',
      '0.0622%',
      '0.000012%',
      '0.0000%',
    ]);
  });
});
