/** Text about one cell, for tooltips, the status line and screen readers. */

import type { Cell, LineSummary } from '../../../src/protocol/matrix';
import type { Band, CellPosition } from '../../shared/heatmap/types';
import { shortenedName, withinCharacters } from '../../../src/text/shortNames';
import { formatCount } from '../../shared/formatNumber';
import type { Subject } from './subject';

/** Real names reach some 100 characters. A tooltip has room for a few lines of a name. */
const MAX_NAME = 160;

/** The position with its labels, 'out 12, in 34', and the head or part that the cell lies in. */
export function placeText(subject: Subject, { row, column }: CellPosition): string {
  const rowBand = bandOf(subject.rowBands, row);
  const columnBand = bandOf(subject.columnBands, column);
  const parts: string[] = [];
  if (subject.rows > 1) parts.push(`${subject.rowLabel} ${formatCount(row)}${rowBand ? ` (${rowBand.label})` : ''}`);
  parts.push(
    `${subject.columnLabel} ${formatCount(column)}` +
      (columnBand ? ` (${columnBand.label}, ${formatCount(column - columnBand.start)})` : ''),
  );
  return parts.join(', ');
}

function bandOf(bands: readonly Band[] | undefined, index: number): Band | undefined {
  return bands?.find(({ start, end }) => index >= start && index < end);
}

/** The position in the tensor, 'lora_A.weight[3, 17]', with the tensor's own indices if they are known. */
export function indexedName(subject: Subject, cell: CellPosition, found: Cell | null): string {
  const index = found?.index ?? [cell.row, cell.column];
  return `${shortened(subject.name)}[${index.join(', ')}]`;
}

/** Dtypes whose text holds what a double cannot, or is not a number. */
const NO_DOUBLES = new Set(['I64', 'U64', 'C64', 'BOOL', 'computed']);

/**
 * The stored value to its last digit, if the text omits some: '-0.00124359130859375' for the BF16 value -0.00124. The
 * text is the shortest decimal that reads back to the value. Empty if both are equal.
 */
export function exactDecimal({ text, value, dtype }: Cell): string {
  return !NO_DOUBLES.has(dtype) && Number.isFinite(value) && Number(text) !== value ? String(value) : '';
}

/** A long name without its middle. */
export function shortened(name: string): string {
  return shortenedName(name, withinCharacters(MAX_NAME));
}

/**
 * The cell that a user enters: '1705, 4301', '[1705 4301]' or '1,705 4,301'. The column alone will do if there is one
 * row. `null` for anything else, and for a cell outside the matrix.
 */
export function placeNamed(text: string, { rows, columns }: Pick<Subject, 'rows' | 'columns'>): CellPosition | null {
  const bare = text.replace(/^\s*\[|\]\s*$/g, '');
  // '12,345' is a row and a column if that cell exists, and otherwise one number with a thousands separator.
  for (const written of [bare, bare.replace(/(\d),(?=\d{3}(?!\d))/g, '$1')]) {
    const words = written.split(/[\s,;x×]+/).filter((word) => word !== '');
    if (!words.every((word) => /^\d{1,15}$/.test(word))) continue;
    if (rows === 1 && words.length === 1) words.unshift('0');
    const [row = NaN, column = NaN] = words.map(Number);
    if (words.length === 2 && row < rows && column < columns) return { row, column };
  }
  return null;
}

export interface NamedSummary {
  readonly label: string;
  readonly summary: LineSummary;
}

export function lineTexts(subject: Subject, { row, column }: CellPosition, found: Cell): NamedSummary[] {
  const lines: NamedSummary[] = [];
  if (found.row && subject.columns > 1)
    lines.push({ label: `${subject.rowLabel} ${formatCount(row)}`, summary: found.row });
  if (found.column && subject.rows > 1)
    lines.push({ label: `${subject.columnLabel} ${formatCount(column)}`, summary: found.column });
  return lines;
}
