import { strict as assert } from 'node:assert';
import { DTYPES, bitsOf, decodeValues, isDtype, undecodable, valuesFor } from '../../../src/checkpoint/dtypes';
import type { Dtype } from '../../../src/checkpoint/dtypes';
import { CheckpointError } from '../../../src/checkpoint/errors';
import { BF16_FORMAT, F16_FORMAT, roundToFormat } from '../../../src/checkpoint/floatFormats';
import { storedText, valueText } from '../../../src/checkpoint/valueText';
import { readFixture } from './fixtures';
import type { GoldenNumber } from './fixtures';

interface Floats {
  readonly values: Readonly<Record<string, readonly GoldenNumber[]>>;
  /** The bits, and numpy's shortest unique decimal. */
  readonly text: Readonly<Record<'F32' | 'F16', readonly (readonly [number, string])[]>>;
}

const allCodes = Uint16Array.from({ length: 65536 }, (_, code) => code);

/** The float32 bits of a half, made by moving its fields. The decoder uses another formula. */
function widenHalf(code: number): number {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >> 10) & 31;
  const mantissa = code & 1023;
  const view = new DataView(new ArrayBuffer(4));
  if (exponent === 31) view.setUint32(0, (sign | 0x7f800000 | (mantissa << 13)) >>> 0);
  else if (exponent > 0) view.setUint32(0, (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0);
  else {
    // A subnormal number: adding the mantissa's bits to 0.5 and subtracting 0.5 is exact.
    view.setUint32(0, (126 << 23) | mantissa);
    const magnitude = view.getFloat32(0) - 0.5;
    return sign === 0 ? magnitude : -magnitude;
  }
  return view.getFloat32(0);
}

function assertSame(actual: ArrayLike<number>, expected: (i: number) => number): void {
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected(i))) assert.fail(`entry ${i}: got ${actual[i]}, expected ${expected(i)}`);
  }
}

describe('dtypes', () => {
  it('give every F16 code the float32 with the same fields', () => {
    const out = new Float32Array(65536);
    decodeValues('F16', new Uint8Array(allCodes.buffer), out);
    assertSame(out, widenHalf);
  });

  it('give every BF16 code the float32 whose upper half it is', () => {
    const expected = new Float32Array(Uint32Array.from(allCodes, (code) => code << 16).buffer);
    const out = new Float32Array(65536);
    decodeValues('BF16', new Uint8Array(allCodes.buffer), out);
    assertSame(out, (i) => expected[i]!);
  });

  it('give every code of the 8-bit, 6-bit and 4-bit floats the value that ml_dtypes gives', () => {
    for (const [dtype, values] of Object.entries(readFixture<Floats>('checkpoint', 'floats.json').values)) {
      assert.ok(isDtype(dtype));
      const bytes = packed(bitsOf(dtype), 256);
      const out = new Float32Array(values.length);
      decodeValues(dtype, bytes, out);
      assertSame(out, (i) => Number(values[i]));
    }
  });

  it('are decoded from any entry, at any alignment', () => {
    const bytes = new Uint8Array(64).subarray(3);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(8, 1.5, true);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat64(24, -2.5, true);
    const two = new Float64Array(2);
    decodeValues('F32', bytes, two, 1);
    assert.deepEqual([...two], [0, 1.5]);
    decodeValues('F64', bytes, two, 2);
    assert.deepEqual([...two], [0, -2.5]);
    const nibble = new Float32Array(1);
    decodeValues('F4', Uint8Array.of(0x2f, 0x47), nibble, 3);
    assert.equal(nibble[0], 2);
    const sixBits = readFixture<Floats>('checkpoint', 'floats.json').values['F6_E3M2']!;
    for (let first = 0; first < 60; first++) {
      const four = new Float32Array(4);
      decodeValues('F6_E3M2', packed(6, 64), four, first);
      assertSame(four, (i) => Number(sixBits[first + i]));
    }
  });

  it('include every dtype of the format, and are refused if they have no numeric values', () => {
    assert.equal(DTYPES.length, 22);
    assert.ok(!isDtype('toString') && !isDtype('F7'));
    assert.equal(bitsOf('F6_E2M3'), 6);
    for (const dtype of DTYPES) {
      assert.equal(undecodable(dtype), null);
      decodeValues(dtype, new Uint8Array(32), valuesFor(dtype, 4));
    }
    assert.match(undecodable('F7')!, /type 'F7' are not decoded/);
    const refused = { name: 'CheckpointError', code: 'Unreadable' };
    assert.throws(() => decodeValues('IQ1_S', new Uint8Array(50), new Float32Array(4)), refused);
    assert.throws(() => decodeValues('toString', new Uint8Array(50), new Float32Array(4)), refused);
  });

  it('are refused with the number of bytes needed if there are too few', () => {
    const decode = (): void => decodeValues('F32', new Uint8Array(11), new Float32Array(3));
    assert.throws(decode, (error) => error instanceof CheckpointError && /need 12 bytes, got 11/.test(error.message));
  });
});

describe('the text of a stored value', () => {
  it('is as short as numpy writes it for F32 and F16, and denotes the same value', () => {
    const { text } = readFixture<Floats>('checkpoint', 'floats.json');
    for (const dtype of ['F32', 'F16'] as const) {
      for (const [bits, expected] of text[dtype]) {
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setUint32(0, bits, true);
        const actual = storedText(dtype, bytes, 0);
        // A value halfway between two decimals may take either, so the values are compared, not the decimals.
        const round = dtype === 'F32' ? Math.fround : (x: number): number => roundToFormat(x, F16_FORMAT);
        assert.equal(round(Number(actual)), round(Number(expected)), `${dtype} ${bits}`);
        assert.equal(digits(actual), digits(expected), `${dtype} ${bits}: ${actual} for ${expected}`);
      }
    }
  });

  it('rounds back to its own code for every finite F16 and BF16', () => {
    for (const [dtype, format] of [
      ['F16', F16_FORMAT],
      ['BF16', BF16_FORMAT],
    ] as const) {
      const values = new Float32Array(65536);
      decodeValues(dtype, new Uint8Array(allCodes.buffer), values);
      for (const value of values) {
        const back = roundToFormat(Number(valueText(dtype, value)), format);
        if (!Object.is(back, value)) assert.fail(`${dtype} ${value}: '${valueText(dtype, value)}' rounds to ${back}`);
      }
    }
  });

  it('keeps all digits of 64-bit integers, the sign of zero, booleans and complex parts', () => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(0, -(2n ** 63n), true);
    assert.equal(storedText('I64', bytes, 0), '-9223372036854775808');
    view.setBigUint64(0, 2n ** 64n - 1n, true);
    assert.equal(storedText('U64', bytes, 0), '18446744073709551615');
    view.setFloat32(0, 1.5, true);
    view.setFloat32(4, -2, true);
    assert.equal(storedText('C64', bytes, 0), '1.5-2j');
    const ofDtype: [Dtype, number, string][] = [
      ['F32', -0, '-0'],
      ['BOOL', 1, 'true'],
      ['BF16', NaN, 'NaN'],
      ['F16', -Infinity, '-Infinity'],
    ];
    for (const [dtype, value, text] of ofDtype) assert.equal(valueText(dtype, value), text);
    assert.equal(valueText('F32', Math.fround(0.1)), '0.1');
    assert.equal(valueText('F64', 0.1), '0.1');
  });
});

/** Packs the codes 0, 1, ... with `bits` bits each, one after the other from the lowest bit on. */
function packed(bits: number, count: number): Uint8Array {
  let number = 0n;
  for (let code = 0; code < count; code++) number |= BigInt(code % 2 ** bits) << BigInt(bits * code);
  return Uint8Array.from({ length: (bits * count) / 8 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
}

/** Significant digits of a decimal. */
function digits(text: string): number {
  const [mantissa = ''] = text.toLowerCase().split('e');
  return mantissa
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
    .replace(mantissa.includes('.') ? /$^/ : /0+$/, '')
    .replace(/0+$/, '').length;
}
