/**
 * A Python program as a syntax tree. Lezer's parser accepts half-typed and damaged text, and counts positions in UTF-16
 * code units, as editors do.
 */

import type { PartialParse, Tree } from '@lezer/common';
import { parser } from '@lezer/python';
import { MAX_PROGRAM_CHARACTERS } from '../protocol/python';
import type { PythonSpan } from '../protocol/python';
import { ParserInput, ReadTooOften } from './parserInput';
import { isReadable } from './readableTree';

/**
 * Steps of the parser. An ordinary program takes one for every seven characters, text that is not Python one for each.
 */
const MAX_TURNS = 75_000;
/**
 * The cost of a step in which the parser recovers from a syntax error. It then follows several ways to continue, each
 * of which takes as long as an ordinary step.
 */
const TURNS_OF_RECOVERY = 5;

/** Advances of the parser between two pauses: about a millisecond. */
const ADVANCES_PER_STEP = 100;

export interface Program {
  readonly text: string;
  readonly tree: Tree;
  /** The position of a node in the part that it comes from. */
  spanOf(range: { readonly from: number; readonly to: number }): PythonSpan;
}

export type PythonParts = readonly { readonly text: string; readonly notebookCell: boolean }[];

/** Parsing takes up to half a second, so it yields every few milliseconds. */
export type ParsingSteps<T> = Generator<undefined, T, undefined>;

/** Reads the parts one after another as one program. `null` if it is too long or too deeply nested. */
export function* parseProgram(parts: PythonParts): ParsingSteps<Program | null> {
  let length = 0;
  for (const part of parts) length += part.text.length + 1;
  if (length > MAX_PROGRAM_CHARACTERS) return null;
  const text = parts.map((part) => part.text).join('\n');
  const tree = yield* parse(parts.map((part) => readable(part.text, part.notebookCell)).join('\n'));
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
  // A call that a cell leaves open goes on in the next cell; it is shown where it begins.
  const end = Math.min(to - start, parts[low]?.text.length ?? 0);
  return { part: low, from: from - start, to: Math.max(end, from - start) };
}

function* parse(text: string): ParsingSteps<Tree | null> {
  const parsing = parser.startParse(new ParserInput(text));
  let advances = 0;
  try {
    for (let turns = 0; turns < MAX_TURNS; turns += isRecovering(parsing) ? TURNS_OF_RECOVERY : 1) {
      const tree = parsing.advance();
      if (tree) return isReadable(tree) ? tree : null;
      if (++advances % ADVANCES_PER_STEP === 0) yield;
    }
  } catch (error) {
    // Lezer builds the tree recursively, so that thousands of nested blocks overflow its stack.
    if (!(error instanceof RangeError || error instanceof ReadTooOften)) throw error;
  }
  return null;
}

/** Lezer's parser counts the steps until it has recovered. Its types leave the property out. */
function isRecovering(parsing: PartialParse): boolean {
  return 'recovering' in parsing && parsing.recovering !== 0;
}

/**
 * Line magic, shell commands and help in a notebook's cell. An operator at the start of a line has a space after it.
 */
const MAGIC = /^[ \t]*(?:%%?[A-Za-z]|!|\?)[^\r\n]*/gm;
/** Cells in another language. The cell magics named here contain Python. */
const OTHER_LANGUAGE = /^\s*%%(?!time\b|timeit\b|capture\b|prun\b)/;

/** The same length and lines, without what confuses Lezer: it takes a byte order mark for a letter. */
function readable(text: string, notebookCell: boolean): string {
  // Lezer takes a backslash and any one character for a line continuation.
  const plain = text.replace(/^\ufeff/, ' ').replace(/\\\r\n/g, ' \\\n');
  if (!notebookCell) return plain;
  if (OTHER_LANGUAGE.test(plain)) return plain.replace(/[^\n]/g, ' ');
  return plain.replace(MAGIC, (line) => ' '.repeat(line.length));
}
