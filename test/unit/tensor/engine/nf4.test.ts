import { strict as assert } from 'node:assert';
import { Engine } from '../../../../src/tensor/engine/engine';
import { dequantizeNf4Resident, quantizeNf4Resident } from '../../../../src/tensor/engine/nf4';
import { dequantizeScales, DYNAMIC_CODE, quantizeScales } from '../../../../src/tensor/doubleQuantization';
import { dequantizeNf4, NF4_LEVELS, quantizeNf4 } from '../../../../src/tensor/nf4';
import { normalRandom, seededRandom } from '../../../../src/tensor/random';

const draw = normalRandom(seededRandom(11));
const weights = Float32Array.from({ length: 64 * 300 }, () => draw() * 0.02);

describe('NF4 kernels', () => {
  it('have the codes, scales and dequantised values of the plain loops', () => {
    const engine = new Engine();
    const values = weights.slice();
    values.fill(0, 64, 128);
    values.set([-0.5, 0.5, -0, 0], 128);
    const expected = quantizeNf4(values);
    const actual = quantizeNf4Resident(engine, engine.keep(values));
    const bytes = engine.arena.bytes(actual.codes.address, values.length / 2);
    const codes = Uint8Array.from(values, (_, i) => (i % 2 === 0 ? bytes[i >> 1]! >> 4 : bytes[i >> 1]! & 15));
    assert.deepEqual(actual.scales.data.slice(), expected.absmax);
    codes.forEach((code, i) => {
      if (code === expected.codes[i]) return;
      const quotient = values[i]! / expected.absmax[i >> 6]!;
      const [one, other] = [code, expected.codes[i]!].map((c) => Math.abs(NF4_LEVELS[c]! - quotient));
      assert.ok(Math.abs(one! - other!) < 1e-6, `entry ${i}: code ${code}, not ${expected.codes[i]}`);
    });
    const back = dequantizeNf4({ codes, absmax: expected.absmax, blockSize: 64 });
    assert.deepEqual(dequantizeNf4Resident(engine, actual).data.slice(), back);
  });

  it('map levels to themselves, with the first code in the high half of its byte', () => {
    const engine = new Engine();
    const levels = new Float32Array(64);
    levels.set(NF4_LEVELS);
    const { codes } = quantizeNf4Resident(engine, engine.keep(levels));
    assert.deepEqual([...engine.arena.bytes(codes.address, 8)], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
  });

  it('propagate NaN and infinities to the scale', () => {
    const engine = new Engine();
    for (const fault of [NaN, Infinity]) {
      const values = weights.slice(0, 64);
      values[63] = fault;
      assert.ok(Object.is(quantizeNf4Resident(engine, engine.keep(values)).scales.data[0], fault));
    }
  });
});

describe('double quantisation', () => {
  it('use a code of 256 ascending values from about -1 to 1, including zero', () => {
    assert.equal(DYNAMIC_CODE.length, 256);
    for (let i = 1; i < 256; i++) assert.ok(DYNAMIC_CODE[i]! > DYNAMIC_CODE[i - 1]!);
    assert.equal(DYNAMIC_CODE[255], 1);
    assert.ok(DYNAMIC_CODE.includes(0));
    assert.ok(Math.abs(DYNAMIC_CODE[0]! + 0.99296875) < 1e-6);
  });

  it('restore scales to within a hundredth of their spread', () => {
    const { absmax } = quantizeNf4(weights);
    const quantized = quantizeScales(absmax);
    const back = dequantizeScales(quantized);
    assert.equal(quantized.scales.length, 2);
    absmax.forEach((scale, i) => {
      assert.ok(Math.abs(back[i]! - scale) <= 0.01 * quantized.scales[Math.floor(i / 256)]!, `scale ${i}`);
    });
  });
});
