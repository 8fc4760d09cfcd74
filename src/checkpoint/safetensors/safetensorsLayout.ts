/** Checks that the tensors of a header are consistent with their shapes, with each other and with the file. */

import { bitsOf, isDtype } from '../dtypes';
import { quoted } from '../../peftConfig/quoted';
import type { Report, TensorEntry } from '../header';
import { ITEMS_PER_STEP } from '../steps';
import type { Steps } from '../steps';

/** Number of entries of a shape, or `null` beyond 2^53. */
export function elementCount(shape: readonly number[]): number | null {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return null;
  }
  return count;
}

/**
 * Reports every fault and marks the tensors that cannot be read. `dataBytes` is the size of the file after its header.
 * If the header is not `whole`, holes and trailing bytes are no faults and are not reported.
 */
export function* checkLayout(
  tensors: readonly TensorEntry[],
  dataBytes: number,
  whole: boolean,
  report: Report,
): Steps<void> {
  const inOrder = tensors.filter((tensor) => tensor.readable).sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let previous = '';
  for (const [index, tensor] of inOrder.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield;
    if (tensor.end < tensor.begin || tensor.begin < covered || (whole && tensor.begin > covered)) {
      report('InvalidOffset', () => offsetMessage(tensor, covered, previous), tensor.name);
    }
    tensor.readable = checkSize(tensor, report) && tensor.end <= dataBytes;
    if (tensor.end > covered) previous = tensor.name;
    covered = Math.max(covered, tensor.end);
  }
  if (!whole || tensors.length > inOrder.length || covered === dataBytes) return;
  report('MetadataIncompleteBuffer', () => lengthMessage(inOrder, covered, dataBytes));
}

function checkSize(tensor: TensorEntry, report: Report): boolean {
  const { name, dtype, shape, begin, end } = tensor;
  if (end < begin || !isDtype(dtype)) return false;
  const count = elementCount(shape);
  const bits = count === null ? null : count * bitsOf(dtype);
  const described = (): string => `tensor ${quoted(name)}: shape [${shape.join(', ')}] x ${dtype}`;
  if (bits === null || !Number.isSafeInteger(bits)) {
    report('ValidationOverflow', () => `${described()} is beyond 2^53 bits`, name);
    return false;
  }
  if (bits % 8 !== 0) {
    report('MisalignedSlice', () => `${described()} is ${bits} bits, not a whole number of bytes`, name);
    return false;
  }
  if (bits / 8 !== end - begin) {
    report('TensorInvalidInfo', () => `${described()} needs ${bits / 8} bytes, data_offsets span ${end - begin}`, name);
    return false;
  }
  return true;
}

function offsetMessage({ name, begin, end }: TensorEntry, covered: number, previous: string): string {
  const subject = `tensor ${quoted(name)}: data_offsets [${begin}, ${end}]`;
  if (end < begin) return `${subject} end before they begin`;
  if (begin > covered) return `${subject} leave a hole, expected to begin at ${covered}`;
  return `${subject} overlap ${quoted(previous)}, expected to begin at ${covered}`;
}

function lengthMessage(inOrder: readonly TensorEntry[], covered: number, dataBytes: number): string {
  if (covered < dataBytes)
    return `the tensors need ${covered} bytes of data, the file holds ${dataBytes}: ${dataBytes - covered} too many`;
  const wholeCount = inOrder.filter((tensor) => tensor.readable).length;
  return (
    `the tensors need ${covered} bytes of data, the file holds ${dataBytes}: it is cut off, ` +
    `${wholeCount} of ${inOrder.length} tensors are whole`
  );
}
