/**
 * Reads a tensor's field of a safetensors header where it is as every writer writes it,
 * {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}, with or without spaces between. Whatever is otherwise, or wrong,
 * is left to the reader that can tell what is wrong with it. A header may have hundreds of thousands of these.
 */

import { isDtype } from '../dtypes';
import type { TensorEntry } from '../header';

/** Integers of so many digits are exact; longer ones are the other reader's. */
const MAX_DIGITS = 15;

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const NINE = 57;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const CLOSE_BRACE = 125;

export class QuickTensor {
  private dtype = '';
  /** What `readNumbers` read; an array grown for each tensor would take ten times the memory. */
  private readonly numbers: number[] = [];
  private count = 0;
  private shape: number[] = [];

  /** The position after the field, or -1. */
  readonly read = (text: string, start: number): number => {
    let at = this.key(text, start, '{', '"dtype"');
    if (at < 0) return -1;
    at = this.readDtype(text, at);
    if (at < 0) return -1;
    at = this.key(text, at, ',', '"shape"');
    if (at < 0) return -1;
    at = this.readNumbers(text, at);
    if (at < 0) return -1;
    this.shape = this.numbers.slice(0, this.count);
    at = this.key(text, at, ',', '"data_offsets"');
    if (at < 0) return -1;
    at = this.readNumbers(text, at);
    if (at < 0 || this.count !== 2) return -1;
    at = skipSpaces(text, at);
    return text.charCodeAt(at) === CLOSE_BRACE ? at + 1 : -1;
  };

  /** What was read last. */
  entry(name: string): TensorEntry {
    return {
      name,
      dtype: this.dtype,
      shape: this.shape,
      begin: this.numbers[0]!,
      end: this.numbers[1]!,
      readable: true,
    };
  }

  /** `before`, `name` and a colon, with spaces around them; the position of what follows. */
  private key(text: string, start: number, before: string, name: string): number {
    let at = skipSpaces(text, start);
    if (!text.startsWith(before, at)) return -1;
    at = skipSpaces(text, at + 1);
    if (!text.startsWith(name, at)) return -1;
    at = skipSpaces(text, at + name.length);
    return text.startsWith(':', at) ? skipSpaces(text, at + 1) : -1;
  }

  /** Most tensors are of the dtype of the one before, whose string is then used again. */
  private readDtype(text: string, at: number): number {
    if (text.charCodeAt(at) !== QUOTE) return -1;
    const { length } = this.dtype;
    if (length > 0 && text.startsWith(this.dtype, at + 1) && text.charCodeAt(at + 1 + length) === QUOTE)
      return at + length + 2;
    const end = text.indexOf('"', at + 1);
    // The longest is F8_E4M3FNUZ.
    const dtype = end > at + 16 ? '' : text.slice(at + 1, end);
    if (!isDtype(dtype)) return -1;
    this.dtype = dtype;
    return end + 1;
  }

  private readNumbers(text: string, start: number): number {
    if (text.charCodeAt(start) !== OPEN_BRACKET) return -1;
    this.count = 0;
    let at = skipSpaces(text, start + 1);
    if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
    for (;;) {
      const first = at;
      let value = 0;
      let code = text.charCodeAt(at);
      while (code >= ZERO && code <= NINE) {
        value = 10 * value + code - ZERO;
        code = text.charCodeAt(++at);
      }
      const digits = at - first;
      if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && text.charCodeAt(first) === ZERO)) return -1;
      this.numbers[this.count++] = value;
      if (code === SPACE) {
        at = skipSpaces(text, at);
        code = text.charCodeAt(at);
      }
      if (code === CLOSE_BRACKET) return at + 1;
      if (code !== COMMA) return -1;
      at = skipSpaces(text, at + 1);
    }
  }
}

function skipSpaces(text: string, at: number): number {
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}
