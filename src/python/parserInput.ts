/** The text that Lezer's parser reads, with a limit on how much it reads of it, again and again. */

import type { Input } from '@lezer/common';

/** Characters that the parser gets at a time. */
const CHUNK = 2048;
/** The parser looks back often: of an ordinary program it reads each chunk about thirty times. */
const MAX_CHARACTERS_READ = 20_000_000;

/** The parser has read too many characters. `parseProgram` catches it. */
export class ReadTooOften extends Error {
  override readonly name = 'ReadTooOften';
}

/**
 * While the parser recovers from an error, it reads a long string once for each way to continue, at each step: without a
 * limit, that takes time in the square of the length.
 */
export class ParserInput implements Input {
  readonly lineChunks = false;
  readonly length: number;
  private left = MAX_CHARACTERS_READ;

  constructor(private readonly text: string) {
    this.length = text.length;
  }

  /** Throws `ReadTooOften` beyond the limit. */
  chunk(from: number): string {
    return this.read(from, from + CHUNK);
  }

  /** Throws `ReadTooOften` beyond the limit. */
  read(from: number, to: number): string {
    this.left -= to - from;
    if (this.left < 0) throw new ReadTooOften(`more than ${MAX_CHARACTERS_READ} characters`);
    return this.text.slice(from, to);
  }
}
