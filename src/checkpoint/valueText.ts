/** The exact text of a stored value: the shortest decimal that only this value of its dtype rounds to. */

import { decodeValues, isDtype } from './dtypes';
import type { Dtype, StoredType } from './dtypes';
import { BF16_FORMAT, F16_FORMAT, roundToFormat } from './floatFormats';

/** How a dtype rounds decimals, and the number of digits that distinguishes each of its values from its neighbours. */
interface Rounding {
  readonly round: (value: number) => number;
  readonly digits: number;
}

const roundings: Partial<Readonly<Record<Dtype, Rounding>>> = {
  F32: { round: Math.fround, digits: 9 },
  F16: { round: (value) => roundToFormat(value, F16_FORMAT), digits: 5 },
  BF16: { round: (value) => roundToFormat(value, BF16_FORMAT), digits: 4 },
};

/** The text of a value from `decodeValues`. 64-bit integers may have lost digits by then: use `storedText`. */
export function valueText(dtype: StoredType, value: number): string {
  if (dtype === 'BOOL') return value === 0 ? 'false' : 'true';
  if (Object.is(value, -0)) return '-0';
  // Quantised blocks decode to float32.
  const rounding = roundings[isDtype(dtype) ? dtype : 'F32'];
  if (!rounding || !Number.isFinite(value)) return String(value);
  const { round, digits } = rounding;
  let precision = digits - 2;
  while (precision < digits && round(Number(value.toPrecision(precision))) !== value) precision++;
  while (precision > 1 && round(Number(value.toPrecision(precision - 1))) === value) precision--;
  return String(Number(value.toPrecision(precision)));
}

/** The text of entry `index` of little-endian `bytes`. C64 reads '1.5-2j'. */
export function storedText(dtype: StoredType, bytes: Uint8Array, index: number): string {
  if (dtype === 'I64' || dtype === 'U64' || dtype === 'C64') {
    const view = new DataView(bytes.buffer, bytes.byteOffset + 8 * index, 8);
    if (dtype === 'I64') return String(view.getBigInt64(0, true));
    if (dtype === 'U64') return String(view.getBigUint64(0, true));
    const imaginary = valueText('F32', view.getFloat32(4, true));
    return `${valueText('F32', view.getFloat32(0, true))}${imaginary.startsWith('-') ? '' : '+'}${imaginary}j`;
  }
  const value = new Float64Array(1);
  decodeValues(dtype, bytes, value, index);
  return valueText(dtype, value[0]!);
}
