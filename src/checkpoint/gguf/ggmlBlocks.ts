/**
 * Decodes ggml's quantised blocks.
 *
 * A block holds small integers q and one or two scales: value = d * q, or d * q - m with an offset. The K types have
 * 256 entries in groups of 16 or 32, and each group's scale is an integer times the block's d. The low and high halves
 * of a byte are entries that are far apart in the block. Layouts are those of ggml-common.h. Every result equals the
 * float32 of ggml's own dequantisation.
 */

import { F16_FORMAT, decodeFloat } from '../floatFormats';

/** Decodes the block that begins at byte `at` into `out`, whose length is the block's number of entries. */
export type BlockDecoder = (bytes: Uint8Array, at: number, out: Float32Array) => void;

let halves: Float32Array | null = null;
/** Decodes the 16-bit float at `at` by a table of 256 KiB, which is built on first use. */
function f16(bytes: Uint8Array, at: number): number {
  halves ??= Float32Array.from({ length: 65536 }, (_, code) => decodeFloat(code, F16_FORMAT));
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}
const i8 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 24) >> 24;

/** Q4_0, Q4_1, Q5_0, Q5_1: d, an offset if `min`, 32 high bits if `fifthBit`, then 16 bytes of two entries each. */
export function nibbleDecoder({ min, fifthBit }: { min: boolean; fifthBit: boolean }): BlockDecoder {
  const highAt = min ? 4 : 2;
  const lowAt = highAt + (fifthBit ? 4 : 0);
  const zero = min ? 0 : fifthBit ? 16 : 8;
  return (bytes, at, out) => {
    const d = f16(bytes, at);
    const m = min ? f16(bytes, at + 2) : 0;
    for (let i = 0; i < 32; i++) {
      const low = (bytes[at + lowAt + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15;
      const high = fifthBit ? ((bytes[at + highAt + (i >> 3)]! >> (i & 7)) & 1) << 4 : 0;
      const product = d * ((low | high) - zero);
      // Adding an offset of 0 would turn -0 into +0.
      out[i] = min ? product + m : product;
    }
  };
}

export const decodeQ80: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at);
  for (let i = 0; i < 32; i++) out[i] = d * i8(bytes, at + 2 + i);
};

/** float32 d, 256 entries, and 16 sums that only ggml's dot product uses. */
export const decodeQ8K: BlockDecoder = (bytes, at, out) => {
  const d = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true);
  for (let i = 0; i < 256; i++) out[i] = d * i8(bytes, at + 4 + i);
};

/** 16 bytes of (4-bit scale, 4-bit offset), 64 bytes of 2-bit entries, d, dmin. */
export const decodeQ2K: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at + 80);
  const dmin = f16(bytes, at + 82);
  for (let group = 0; group < 16; group++) {
    const scale = d * (bytes[at + group]! & 15);
    const offset = dmin * (bytes[at + group]! >> 4);
    for (let i = 16 * group; i < 16 * group + 16; i++) out[i] = scale * twoBits(bytes, at + 16, i) - offset;
  }
};

/** Entry i of 2-bit entries in runs of 128: each of a run's 32 bytes holds four entries that are 32 apart. */
function twoBits(bytes: Uint8Array, at: number, i: number): number {
  return (bytes[at + 32 * (i >> 7) + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3;
}

/** Entry i of 4-bit entries in runs of 64: 32 bytes, low halves first. */
function fourBits(bytes: Uint8Array, at: number, i: number): number {
  return (bytes[at + 32 * (i >> 6) + (i & 31)]! >> (4 * ((i >> 5) & 1))) & 15;
}

/** 32 bytes of high bits (inverted), 64 of 2-bit entries, 12 of sixteen 6-bit scales, d. */
export const decodeQ3K: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at + 108);
  const scales = at + 96;
  for (let group = 0; group < 16; group++) {
    const low = (bytes[scales + (group & 7)]! >> (group < 8 ? 0 : 4)) & 15;
    const high = (bytes[scales + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3;
    const scale = d * ((low | (high << 4)) - 32);
    for (let i = 16 * group; i < 16 * group + 16; i++) {
      const present = (bytes[at + (i & 31)]! >> (i >> 5)) & 1;
      out[i] = scale * (twoBits(bytes, at + 32, i) - (present ? 0 : 4));
    }
  }
};

/** d, dmin, 12 bytes of eight 6-bit scales and offsets, 32 bytes of high bits in Q5_K, 128 bytes of 4-bit entries. */
function kDecoder(fifthBit: boolean): BlockDecoder {
  const lowAt = fifthBit ? 48 : 16;
  return (bytes, at, out) => {
    const d = f16(bytes, at);
    const dmin = f16(bytes, at + 2);
    const scales = at + 4;
    for (let group = 0; group < 8; group++) {
      // The last four groups store four bits in the third row of bytes and two at the top of the first and second rows.
      const four = group & 3;
      const [low, high, both] = [bytes[scales + four]!, bytes[scales + 4 + four]!, bytes[scales + 8 + four]!];
      const scale = d * (group < 4 ? low & 63 : (both & 15) | ((low >> 2) & 48));
      const offset = dmin * (group < 4 ? high & 63 : (both >> 4) | ((high >> 2) & 48));
      for (let i = 32 * group; i < 32 * group + 32; i++) {
        const fifth = fifthBit ? ((bytes[at + 16 + (i & 31)]! >> group) & 1) << 4 : 0;
        out[i] = scale * (fourBits(bytes, at + lowAt, i) | fifth) - offset;
      }
    }
  };
}

export const decodeQ4K = kDecoder(false);
export const decodeQ5K = kDecoder(true);

/** 128 bytes of low 4 bits in runs of 128 entries, 64 of high 2 bits, 16 signed scales, d. */
export const decodeQ6K: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at + 208);
  for (let group = 0; group < 16; group++) {
    const scale = d * i8(bytes, at + 192 + group);
    for (let i = 16 * group; i < 16 * group + 16; i++) {
      const low = (bytes[at + 64 * (i >> 7) + (i & 63)]! >> (4 * ((i >> 6) & 1))) & 15;
      out[i] = scale * ((low | (twoBits(bytes, at + 128, i) << 4)) - 32);
    }
  }
};

/** E2M1 values, doubled. Code 8 is +0, because ggml stores these as integers. */
const MXFP4_VALUES = Float32Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
/** The levels of ggml's non-linear 4-bit types. */
const IQ4_VALUES = Float32Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** An E8M0 exponent, halved because the values are doubled. 255 is a number here, unlike in the OCP format. */
export const decodeMXFP4: BlockDecoder = (bytes, at, out) => {
  const d = 2 ** (bytes[at]! - 128);
  for (let i = 0; i < 32; i++) out[i] = d * MXFP4_VALUES[(bytes[at + 1 + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15]!;
};

export const decodeIQ4NL: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at);
  for (let i = 0; i < 32; i++) out[i] = d * IQ4_VALUES[(bytes[at + 2 + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15]!;
};

/** d, the high 2 bits of eight scales in 16 bits, their low 4 in 4 bytes, then eight groups as in IQ4_NL. */
export const decodeIQ4XS: BlockDecoder = (bytes, at, out) => {
  const d = f16(bytes, at);
  const high = bytes[at + 2]! | (bytes[at + 3]! << 8);
  for (let group = 0; group < 8; group++) {
    const low = (bytes[at + 4 + (group >> 1)]! >> (4 * (group & 1))) & 15;
    const scale = d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32);
    const entries = at + 8 + 16 * group;
    for (let i = 0; i < 32; i++) {
      out[32 * group + i] = scale * IQ4_VALUES[(bytes[entries + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15]!;
    }
  }
};
