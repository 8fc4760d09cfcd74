import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { engineDtype } from '../../../../src/tensor/engine/dtypes';
import { Engine } from '../../../../src/tensor/engine/engine';

const engine = new Engine();

/** Decodes every code of a dtype with the kernel. */
function decodeAll(name: string): Float32Array {
  const { kind, bytes, values } = engineDtype(name);
  const count = values!.length;
  const from = engine.allocate(count);
  const to = engine.allocate(count);
  const codes =
    bytes === 1 ? Uint8Array.from({ length: count }, (_, i) => i) : Uint16Array.from({ length: count }, (_, i) => i);
  engine.arena.bytes(from.address, codes.byteLength).set(new Uint8Array(codes.buffer));
  const table = engine.keep(bytes === 1 ? Float32Array.from(values!) : []);
  engine.kernels.scan.decode32(kind, from.address, count, to.address, table.address);
  return to.data.slice();
}

/** SHA-256 of the little-endian float32 values, with every NaN written as 7fc00000. */
function digest(values: Float32Array): string {
  const bits = new Uint32Array(values.length);
  new Float32Array(bits.buffer).set(values);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) bits[i] = 0x7fc00000;
  });
  return createHash('sha256').update(new Uint8Array(bits.buffer)).digest('hex');
}

describe('decoding of small floats', () => {
  // Digests of numpy's own conversions: arange(65536, dtype='<u2').view('<f2').astype('<f4'). F8_E5M2 uses the same
  // conversion of arange(256) << 8, whose upper byte it is.
  const numpy = {
    F16: '385ff5fe69182797cda5f1827e20cf423f4416bc9246f27d0eec27cac9039259',
    BF16: 'f12e27efe34841dfd6391497b86f389096b03a376586e1d9691bba0a8de3980a',
    F8_E5M2: '229a94c5f728edf2259da970a0e1dfb45cc1d69cce2b30e37659f3212ec4b8b9',
  };
  for (const [dtype, expected] of Object.entries(numpy)) {
    it(`every ${dtype} code has the value that numpy computes`, () => {
      assert.equal(digest(decodeAll(dtype)), expected);
      assert.equal(digest(Float32Array.from(engineDtype(dtype).values!)), expected);
    });
  }

  it('F8_E4M3 has the values of the OCP specification, two NaNs and no infinity', () => {
    const values = decodeAll('F8_E4M3');
    const landmarks: readonly (readonly [number, number])[] = [
      [0x00, 0],
      [0x80, -0],
      [0x01, 2 ** -9],
      [0x07, 0.875 * 2 ** -6],
      [0x08, 2 ** -6],
      [0x38, 1],
      [0x7e, 448],
      [0xfe, -448],
    ];
    for (const [code, value] of landmarks) assert.ok(Object.is(values[code], value), `code ${code}: ${values[code]}`);
    assert.deepEqual(
      [...values.keys()].filter((code) => Number.isNaN(values[code])),
      [0x7f, 0xff],
    );
    assert.equal(values.indexOf(Infinity), -1);
    // Positive codes ascend in equal steps within a binade.
    for (let code = 1; code < 0x7f; code++) assert.ok(values[code]! > values[code - 1]!);
  });

  it('codes decode to the same values at any position in a row, including the last few', () => {
    for (const name of ['F16', 'BF16']) {
      const { kind } = engineDtype(name);
      const all = decodeAll(name);
      const from = engine.allocate(16);
      const to = engine.allocate(16);
      const codes = engine.arena.bytes(from.address, 64);
      for (let i = 0; i < 13; i++)
        new DataView(codes.buffer, codes.byteOffset).setUint16(2 * i, (i * 5041) & 0xffff, true);
      engine.kernels.scan.decode32(kind, from.address, 13, to.address, 0);
      for (let i = 0; i < 13; i++) assert.ok(Object.is(to.data[i], all[(i * 5041) & 0xffff]), `${name} ${i}`);
    }
  });
});
