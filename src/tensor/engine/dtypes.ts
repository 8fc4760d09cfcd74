/** The dtypes that kernels read in their stored form. */

import { ArgumentError } from '../errors';

/** The numbers of kernels/decode.ts. */
const KIND = { F32: 0, BF16: 1, F16: 2, F64: 3, I32: 4, U32: 5, I64: 6, U64: 7, I16: 8, U16: 9, BYTE: 10 } as const;

const BYTES = [4, 2, 2, 8, 4, 4, 8, 8, 2, 2, 1] as const;

export interface EngineDtype {
  readonly name: string;
  readonly kind: number;
  readonly bytes: number;
  /** The value of every code in code order, if there are few enough codes to list: 256 or 65,536. */
  readonly values: Float64Array | null;
}

/**
 * Builds an IEEE-style format with e exponent bits and f fraction bits; `special` says what the highest exponent means.
 * 'unsignedZero' has no special exponent, a bias higher by one, and a single NaN in place of -0.
 */
function smallFloat(
  exponentBits: number,
  fractionBits: number,
  special: 'ieee' | 'nanOnly' | 'unsignedZero',
): Float64Array {
  const bias = 2 ** (exponentBits - 1) - (special === 'unsignedZero' ? 0 : 1);
  const top = 2 ** exponentBits - 1;
  const magnitudes = 2 ** (exponentBits + fractionBits);
  const values = new Float64Array(2 * magnitudes);
  for (let code = 0; code < magnitudes; code++) {
    const exponent = code >> fractionBits;
    const fraction = code & (2 ** fractionBits - 1);
    let value =
      exponent === 0
        ? fraction * 2 ** (1 - bias - fractionBits)
        : (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
    if (special === 'ieee' && exponent === top) value = fraction === 0 ? Infinity : NaN;
    if (special === 'nanOnly' && code === magnitudes - 1) value = NaN;
    values[code] = value;
    values[code + magnitudes] = -value;
  }
  if (special === 'unsignedZero') values[magnitudes] = NaN;
  return values;
}

/** Pure powers of two, the shared scales of microscaling formats. */
function exponents(): Float64Array {
  return Float64Array.from({ length: 256 }, (_, code) => (code === 255 ? NaN : 2 ** (code - 127)));
}

function integers(bits: 8 | 16, signed: boolean): Float64Array {
  const count = 2 ** bits;
  return Float64Array.from({ length: count }, (_, code) => (signed && code >= count / 2 ? code - count : code));
}

function dtype(name: string, kind: number, values: (() => Float64Array) | null = null): EngineDtype {
  let made: Float64Array | null = null;
  return {
    name,
    kind,
    bytes: BYTES[kind]!,
    get values() {
      return values && (made ??= values());
    },
  };
}

const DTYPES: readonly EngineDtype[] = [
  dtype('F32', KIND.F32),
  dtype('BF16', KIND.BF16, () => smallFloat(8, 7, 'ieee')),
  dtype('F16', KIND.F16, () => smallFloat(5, 10, 'ieee')),
  dtype('F64', KIND.F64),
  dtype('F8_E4M3', KIND.BYTE, () => smallFloat(4, 3, 'nanOnly')),
  dtype('F8_E5M2', KIND.BYTE, () => smallFloat(5, 2, 'ieee')),
  dtype('F8_E4M3FNUZ', KIND.BYTE, () => smallFloat(4, 3, 'unsignedZero')),
  dtype('F8_E5M2FNUZ', KIND.BYTE, () => smallFloat(5, 2, 'unsignedZero')),
  dtype('F8_E8M0', KIND.BYTE, exponents),
  dtype('I8', KIND.BYTE, () => integers(8, true)),
  dtype('U8', KIND.BYTE, () => integers(8, false)),
  dtype('BOOL', KIND.BYTE, () => integers(8, false).map(Math.sign)),
  dtype('I16', KIND.I16, () => integers(16, true)),
  dtype('U16', KIND.U16, () => integers(16, false)),
  dtype('I32', KIND.I32),
  dtype('U32', KIND.U32),
  dtype('I64', KIND.I64),
  dtype('U64', KIND.U64),
];

/** Whether kernels can read the dtype. */
export function isEngineDtype(name: string): boolean {
  return DTYPES.some((candidate) => candidate.name === name);
}

/** @throws ArgumentError if no kernel reads the dtype. */
export function engineDtype(name: string): EngineDtype {
  const found = DTYPES.find((candidate) => candidate.name === name);
  if (!found) throw new ArgumentError('engineDtype', DTYPES.map((d) => d.name).join(', '), name);
  return found;
}
