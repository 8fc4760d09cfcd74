/** Checks that the tensors of a GGUF file are consistent with each other and with the file. */

import { quoted } from '../../peftConfig/quoted';
import type { Report, TensorEntry } from '../header';

/**
 * Reports every fault and marks the tensors whose bytes are not in the file. Tensors follow each other, each padded to
 * a multiple of `alignment`. The padding of the last one is optional.
 */
export function checkGgufLayout(
  tensors: readonly TensorEntry[],
  dataBytes: number,
  alignment: number,
  report: Report,
): void {
  const padded = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
  const inOrder = tensors.filter((tensor) => tensor.readable).sort((a, b) => a.begin - b.begin || a.end - b.end);
  const complete = inOrder.length === tensors.length;
  let covered = 0;
  let previous = '';
  for (const tensor of inOrder) {
    const { name, begin, end } = tensor;
    const subject = `tensor ${quoted(name)}: its data at [${begin}, ${end})`;
    if (begin % alignment !== 0) {
      report('InvalidOffset', () => `${subject} does not begin at a multiple of ${alignment}`, name);
    } else if (begin < covered) report('InvalidOffset', () => `${subject} overlaps that of ${quoted(previous)}`, name);
    else if (complete && begin > padded(covered)) {
      report('InvalidOffset', () => `${subject} leaves a hole, expected to begin at ${padded(covered)}`, name);
    }
    tensor.readable = end <= dataBytes;
    if (end > covered) {
      previous = name;
      covered = end;
    }
  }
  const whole = inOrder.filter((tensor) => tensor.readable).length;
  if (whole < inOrder.length) {
    report(
      'MetadataIncompleteBuffer',
      () =>
        `the tensors need ${covered} bytes of data, the file holds ${Math.max(0, dataBytes)}: it is cut off, ` +
        `${whole} of ${inOrder.length} tensors are whole`,
    );
  } else if (complete && dataBytes > padded(covered)) {
    const rest = dataBytes - padded(covered);
    report(
      'MetadataIncompleteBuffer',
      () => `the tensors end at byte ${padded(covered)} of the data: ${rest} bytes too many`,
    );
  }
}
