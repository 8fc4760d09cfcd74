import { strict as assert } from 'node:assert';
import { Engine } from '../../../../src/tensor/engine/engine';
import { dequantizeNf4Resident, quantizeNf4Resident } from '../../../../src/tensor/engine/nf4';
import {
  dequantizeNf4, dequantizeScales, DYNAMIC_CODE, NF4_LEVELS, quantizeNf4, quantizeScales,
} from '../../../../src/tensor/nf4';
import { normalRandom, seededRandom } from '../../../../src/tensor/random';

const draw = normalRandom(seededRandom(11));
const weights = Float32Array.from({ length: 64 * 300 }, () => draw() * 0.02);

describe('NF4', () => {
  it('the kernel gives the bytes and scales of the plain loops, and the same values back', () => {
    const engine = new Engine();
    const values = weights.slice();
    values.fill(0, 64, 128);
    values.set([-0.5, 0.5, -0, 0], 128);
    const expected = quantizeNf4(values);
    const resident = engine.keep(values);
    const actual = quantizeNf4Resident(engine, resident);
    assert.deepEqual(engine.arena.bytes(actual.codes.address, expected.codes.length).slice(), expected.codes);
    assert.deepEqual(actual.scales.data.slice(), expected.scales);
    assert.deepEqual(dequantizeNf4Resident(engine, actual).data.slice(), dequantizeNf4(expected, values.length));
  });

  it('every entry goes to its nearest level', () => {
    const { codes, scales } = quantizeNf4(weights);
    const back = dequantizeNf4({ codes, scales }, weights.length);
    weights.forEach((x, i) => {
      const scale = scales[Math.floor(i / 64)]!;
      const least = Math.min(...NF4_LEVELS.map((level) => Math.abs(level * scale - x)));
      assert.ok(Math.abs(back[i]! - x) <= least + 1e-8, `entry ${i}`);
    });
  });

  it('levels come back as themselves, the first in the high half of its byte', () => {
    const levels = new Float32Array(64);
    levels.set(NF4_LEVELS);
    const { codes } = quantizeNf4(levels);
    assert.deepEqual([...codes.subarray(0, 8)], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
  });

  it('a short last block is quantised by its own scale', () => {
    const quantized = quantizeNf4(Float32Array.of(...new Array<number>(64).fill(1), 0.25, -0.25, 0));
    assert.deepEqual([...quantized.scales], [1, 0.25]);
    assert.deepEqual([...dequantizeNf4(quantized, 67).subarray(64)], [0.25, -0.25, 0]);
  });

  it('NaN and infinities reach the scale, in the kernel too', () => {
    const engine = new Engine();
    for (const fault of [NaN, Infinity]) {
      const values = weights.slice(0, 64);
      values[63] = fault;
      assert.ok(Object.is(quantizeNf4(values).scales[0], fault));
      assert.ok(Object.is(quantizeNf4Resident(engine, engine.keep(values)).scales.data[0], fault));
    }
  });

  it('the dynamic code has 256 ascending values from about -1 to 1, zero among them', () => {
    assert.equal(DYNAMIC_CODE.length, 256);
    for (let i = 1; i < 256; i++) assert.ok(DYNAMIC_CODE[i]! > DYNAMIC_CODE[i - 1]!);
    assert.equal(DYNAMIC_CODE[255], 1);
    assert.ok(DYNAMIC_CODE.includes(0));
    assert.ok(Math.abs(DYNAMIC_CODE[0]! + 0.99296875) < 1e-6);
  });

  it('double quantisation brings scales back within a hundredth of their spread', () => {
    const { scales } = quantizeNf4(weights);
    const quantized = quantizeScales(scales);
    const back = dequantizeScales(quantized);
    assert.equal(quantized.scales.length, 2);
    scales.forEach((scale, i) => {
      assert.ok(Math.abs(back[i]! - scale) <= 0.01 * quantized.scales[Math.floor(i / 256)]!, `scale ${i}`);
    });
  });
});
