/** Recognises files that are not safetensors files, and says what to do with them. */

import { quoted } from '../peftConfig/quoted';
import { formatCount } from '../text/numberText';

/** Bytes at the start of a file that are enough to recognise it. */
const SNIFFED_BYTES = 1024;

/** A sentence or two for the user, or `null` if the bytes match no known kind. */
export function recognise(start: Uint8Array, fileBytes: number): string | null {
  if (fileBytes === 0)
    return 'The file is empty: the download or the save was cut off before it began. Fetch or save it again.';
  if (start.length > 0 && start.every((byte) => byte === 0)) {
    return 'The file holds only zeros where its header should be: the copy or download was never completed.';
  }
  if (startsWith(start, 0x1f, 0x8b, 0x08)) return 'This is a gzip archive. Unpack it first.';
  if (startsWith(start, 0x50, 0x4b, 0x03, 0x04)) {
    return `This is a zip archive, the format of PyTorch's .bin and .pt files (a pickle inside). ${CONVERT}`;
  }
  // A safetensors file begins with its header's length, whose upper half is zero: any fault is then one of its header.
  if (start.length >= 8 && start.subarray(4, 8).every((byte) => byte === 0)) return null;
  const text = new TextDecoder('utf-8').decode(start.subarray(0, SNIFFED_BYTES));
  const lower = text.trimStart().toLowerCase();
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return gitLfsMessage(text);
  if (lower.startsWith('<!doctype') || lower.startsWith('<html') || lower.startsWith('<?xml')) {
    return 'This is a web page under the name of a checkpoint, often a login or error page. Download the file itself.';
  }
  if (text.startsWith('GGUF'))
    return 'This is a GGUF file. Open it by itself: it cannot be part of another checkpoint.';
  if (start[0] === 0x80 && start[1] !== undefined && start[1] <= 5 && fileBytes > 2) {
    return `This is a Python pickle, PyTorch's old .bin and .pt format. ${CONVERT}`;
  }
  if (startsWith(start, 0x89, 0x48, 0x44, 0x46)) return 'This is an HDF5 file (Keras .h5). Convert it to safetensors.';
  if (startsWith(start, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return 'This is a NumPy .npy array under another name.';
  if (lower.startsWith('{')) {
    const beginning = quoted(text.slice(0, 80));
    return `This is JSON text, not a checkpoint: a config, an index or an error message. It begins ${beginning}.`;
  }
  return null;
}

/** Advice for pickles. */
export const CONVERT =
  'Loading one can run arbitrary code, so it is not opened here. Convert it with ' +
  '`safetensors.torch.save_file(torch.load(path, weights_only=True), "adapter_model.safetensors")`.';

function gitLfsMessage(text: string): string {
  const size = /^size (\d{1,20})$/m.exec(text)?.[1];
  const what = size === undefined ? 'the weights' : `the ${formatCount(Number(size))} bytes of weights`;
  return `This is a Git LFS pointer, a few lines of text in place of ${what}. Run \`git lfs pull\` to fetch them.`;
}

function startsWith(bytes: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
