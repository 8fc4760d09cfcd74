/**
 * A Python program as a syntax tree. The parser is Lezer's: it takes half-typed and damaged text, and its positions are
 * of UTF-16 code units, as an editor's are.
 */

import type { Tree } from '@lezer/common';
import { parser } from '@lezer/python';
import type { PythonSpan } from '../protocol/python';

/** Programs that people write are far below; what is longer is data or generated. */
export const MAX_CHARACTERS = 1 << 19;
/** Turns of the parser. Ordinary programs take one for every seven characters, text that is no Python one for each. */
const MAX_TURNS = 75_000;

export interface Program {
  readonly text: string;
  readonly tree: Tree;
  /** Where a node stands in the parts that were joined. */
  spanOf(range: { readonly from: number; readonly to: number }): PythonSpan;
}

export type PythonParts = readonly { readonly text: string; readonly notebookCell: boolean }[];

/** Parts are read one after another as one program. Null where it is too long or too deeply nested to be read. */
export function parseProgram(parts: PythonParts): Program | null {
  let length = 0;
  for (const part of parts) length += part.text.length + 1;
  if (length > MAX_CHARACTERS) return null;
  const text = parts.map((part) => part.text).join('\n');
  const tree = parse(parts.map((part) => readable(part.text, part.notebookCell)).join('\n'));
  if (!tree) return null;
  const starts: number[] = [];
  for (let start = 0, index = 0; index < parts.length; index++) {
    starts.push(start);
    start += (parts[index]?.text.length ?? 0) + 1;
  }
  return { text, tree, spanOf: ({ from, to }) => spanOf(starts, parts, from, to) };
}

function spanOf(starts: readonly number[], parts: PythonParts, from: number, to: number): PythonSpan {
  let low = 0;
  for (let high = starts.length - 1; low < high;) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= from) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] ?? 0;
  // A call that its cell leaves open goes on into the next; it is shown where it began.
  const end = Math.min(to - start, parts[low]?.text.length ?? 0);
  return { part: low, from: from - start, to: Math.max(end, from - start) };
}

function parse(text: string): Tree | null {
  const parsing = parser.startParse(text);
  try {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const tree = parsing.advance();
      if (tree) return tree;
    }
  } catch (error) {
    // Lezer lays a tree out recursively: thousands of nested blocks are more than its stack.
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}

/** Line magic, shell commands and help of a notebook's cell; an operator at the start of a line has a space after it. */
const MAGIC = /^[ \t]*(?:%%?[A-Za-z]|!|\?)[^\r\n]*/gm;
/** Cells whose text is another language's. The cell magics named here take Python. */
const OTHER_LANGUAGE = /^\s*%%(?!time\b|timeit\b|capture\b|prun\b)/;

/** The same length and lines, without what Lezer would stumble over: a byte order mark, which it takes for a letter. */
function readable(text: string, notebookCell: boolean): string {
  // Lezer takes a backslash and one character for a line that goes on.
  const plain = text.replace(/^\ufeff/, ' ').replace(/\\\r\n/g, ' \\\n');
  if (!notebookCell) return plain;
  if (OTHER_LANGUAGE.test(plain)) return plain.replace(/[^\n]/g, ' ');
  return plain.replace(MAGIC, (line) => ' '.repeat(line.length));
}
