import { strict as assert } from 'node:assert';
import { ArgumentError, ShapeError } from '../../../src/tensor/errors';
import { dequantizeNf4, NF4_LEVELS, quantizeNf4 } from '../../../src/tensor/nf4';

describe('NF4', () => {
  it('restores every level exactly, scaled by the largest magnitude', () => {
    const values = Float32Array.from(NF4_LEVELS, (level) => 3 * level);
    const quantized = quantizeNf4(values);
    assert.deepEqual(
      [...quantized.codes],
      NF4_LEVELS.map((_, code) => code),
    );
    assert.deepEqual([...quantized.absmax], [3]);
    assert.deepEqual(dequantizeNf4(quantized), values);
  });

  it('scales each block separately, including a short last one', () => {
    const quantized = quantizeNf4(Float32Array.of(1, -0.5, 0.001, 0.002, -8), 2);
    assert.deepEqual([...quantized.absmax], [...Float32Array.of(1, 0.002, 8)]);
    assert.equal(dequantizeNf4(quantized)[4], -8);
  });

  it('keeps zeros zero', () => {
    assert.deepEqual(dequantizeNf4(quantizeNf4(new Float32Array(70))), new Float32Array(70));
  });

  it('spoils only the block that contains a NaN or an infinity', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const back = dequantizeNf4(quantizeNf4(Float32Array.of(bad, 1, 1, 1), 2));
      assert.ok(![...back.subarray(0, 2)].some(Number.isFinite), `${back}`);
      assert.deepEqual([...back.subarray(2)], [1, 1]);
    }
  });

  it('refuses a block size of 0 and maxima that do not fit', () => {
    assert.throws(() => quantizeNf4(new Float32Array(4), 0), ArgumentError);
    const quantized = quantizeNf4(new Float32Array(4), 2);
    assert.throws(() => dequantizeNf4({ ...quantized, blockSize: 4 }), ShapeError);
  });
});
