/**
 * Reads a tensor's field of a safetensors header in the form that all writers use,
 * {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}, with or without spaces. Any other form is left to the slower
 * reader, which reports faults. A header may have hundreds of thousands of these fields.
 */

import { isDtype } from '../dtypes';
import type { TensorEntry } from '../header';

/** Integers of up to this many digits are exact in float64. Longer ones are left to the slower reader. */
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
  /** The numbers of the last `readNumbers`. Growing an array for each tensor would take ten times the memory. */
  private readonly numbers: number[] = [];
  private count = 0;
  private shape: number[] = [];

  /** The position after the field, or -1 if the field has another form. */
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

  /** The tensor of the last successful `read`. */
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

  /** Reads `before`, `name` and a colon with optional spaces. Returns the position of the value, or -1. */
  private key(text: string, start: number, before: string, name: string): number {
    let at = skipSpaces(text, start);
    if (!text.startsWith(before, at)) return -1;
    at = skipSpaces(text, at + 1);
    if (!text.startsWith(name, at)) return -1;
    at = skipSpaces(text, at + name.length);
    return text.startsWith(':', at) ? skipSpaces(text, at + 1) : -1;
  }

  /** Most tensors have the same dtype as the previous one, whose string is then reused. */
  private readDtype(text: string, at: number): number {
    if (text.charCodeAt(at) !== QUOTE) return -1;
    const { length } = this.dtype;
    if (length > 0 && text.startsWith(this.dtype, at + 1) && text.charCodeAt(at + 1 + length) === QUOTE)
      return at + length + 2;
    const end = text.indexOf('"', at + 1);
    // The longest dtype is F8_E4M3FNUZ.
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
