/** Text for a terminal: names from files made harmless, counts, and tables. */

import { formatCount } from '../text/numberText';

/** Controls, format characters (bidirectional marks among them), lone surrogates, and separators that break lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
/** A name may be as long as the header allows; this many characters are shown. */
const SHOWN_LENGTH = 200;

/**
 * One line of limited length, without characters that move the cursor, change colours or reverse the text direction.
 */
export function harmless(text: string, length = SHOWN_LENGTH): string {
  const shown = text.length > length ? `${text.slice(0, length)}…` : text;
  return shown.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** '1 problem', '2 problems'. */
export function counted(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Rows under a heading. Each column is as wide as its widest cell. The columns in `right` are right-aligned. */
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
