/** Damages the fields of a GGUF header: counts, lengths, types, dimensions and offsets. */

import type { Random } from '../../src/tensor/random';

/** A number in the header: its position and width. */
interface Field {
  readonly at: number;
  readonly width: 4 | 8;
}

/** Widths of the metadata's scalar types by type number. Strings (8) and arrays (9) have their own rules. */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);
const STRING = 8;
const ARRAY = 9;
/** No seed has this many. */
const MAX_FIELDS = 5000;
const EXTREMES = [
  0n,
  1n,
  2n,
  4n,
  5n,
  7n,
  8n,
  9n,
  12n,
  13n,
  31n,
  32n,
  33n,
  255n,
  65536n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** The fields of a little-endian file of version 2 or 3, as far as it can be parsed. Empty for other files. */
export function ggufFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 4;
  const number = (width: 4 | 8): number => {
    const value = width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
    if (fields.length === MAX_FIELDS) throw new RangeError('too many fields');
    fields.push({ at, width });
    at += width;
    return value;
  };
  const skip = (length: number): void => {
    at += length;
    if (at > bytes.length) throw new RangeError('past the end');
  };
  const text = (): void => skip(number(8));
  const value = (type: number): void => {
    if (type === STRING) text();
    else if (type === ARRAY) {
      const inner = number(4);
      for (let left = number(8); left > 0; left--) value(inner);
    } else {
      const width = WIDTHS.get(type);
      if (width === undefined) throw new RangeError('no type');
      skip(width);
    }
  };
  try {
    if (new TextDecoder().decode(bytes.subarray(0, 4)) !== 'GGUF' || ![2, 3].includes(number(4))) return [];
    const tensors = number(8);
    for (let left = number(8); left > 0; left--) {
      text();
      value(number(4));
    }
    for (let left = tensors; left > 0; left--) {
      text();
      for (let dimensions = number(4); dimensions > 0; dimensions--) number(8);
      number(4);
      number(8);
    }
  } catch (error) {
    // A file that is already damaged or truncated is parsed up to the damage.
    if (!(error instanceof RangeError)) throw error;
  }
  return fields;
}

/** Sets one number of the header to an extreme, to a neighbour of its value, or to the value of another field. */
export function mutateGguf(random: Random, bytes: Uint8Array): Uint8Array {
  const fields = ggufFields(bytes);
  if (fields.length === 0) return bytes;
  const choose = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const result = bytes.slice();
  const view = new DataView(result.buffer);
  const read = ({ at, width }: Field): bigint =>
    width === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
  const field = choose(fields);
  const kind = random();
  const value =
    kind < 0.5 ? choose(EXTREMES) : kind < 0.75 ? read(field) + (random() < 0.5 ? 1n : -1n) : read(choose(fields));
  if (field.width === 4) view.setUint32(field.at, Number(BigInt.asUintN(32, value)), true);
  else view.setBigUint64(field.at, BigInt.asUintN(64, value), true);
  return result;
}
