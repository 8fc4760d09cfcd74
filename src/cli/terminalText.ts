/** Names from files, shown so that a terminal takes them for nothing but text. */

import { formatCount } from '../text/numberText';

/** Controls, formats (bidirectional marks among them), lone surrogates, and the separators that break lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
/** A name may be as long as the header; this much of one is shown. */
const SHOWN_LENGTH = 200;

/** One line, of bounded length, without anything that moves a cursor, colours, or turns the direction of writing. */
export function harmless(text: string, length = SHOWN_LENGTH): string {
  const shown = text.length > length ? `${text.slice(0, length)}…` : text;
  return escapeControls(shown);
}

/** The same of text of any length. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** JSON of any text: a terminal shows it, too, and `JSON.parse` gives back what was there. */
export function harmlessJson(value: unknown): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replace(/[^\n\P{C}]|[\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escape(character[i]!)).join(''),
  );
}

/** '1 problem', '2 problems'. */
export function counted(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Rows of cells under a heading, each column as wide as its widest cell; the columns named in `right` to the right. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
