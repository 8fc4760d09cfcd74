/** What is said of one cell, in tooltips, in the status line and aloud. */

import type { Cell, LineSummary } from '../../../src/protocol/matrix';
import type { Band, CellPosition } from '../../shared/heatmap/types';
import { formatCount } from '../../shared/formatNumber';
import type { Subject } from './subject';

/** Real names reach some 100 characters; a tooltip has room for a few lines of one. */
const MAX_NAME = 160;

/** 'out 12, in 34', with the head or part the cell lies in. */
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

/** 'lora_A.weight[3, 17]', by the tensor's own indices where they are known. */
export function indexedName(subject: Subject, cell: CellPosition, found: Cell | null): string {
  const index = found?.index ?? [cell.row, cell.column];
  return `${shortened(subject.name)}[${index.join(', ')}]`;
}

/** Whose text holds what a double does not, or is no number. */
const NO_DOUBLES = new Set(['I64', 'U64', 'C64', 'BOOL', 'computed']);

/**
 * The stored value to its last digit, where the text, the shortest decimal that reads back to it, leaves some out:
 * '-0.00124359130859375' of the BF16 -0.00124. Empty where the text is the value itself.
 */
export function exactDecimal({ text, value, dtype }: Cell): string {
  return !NO_DOUBLES.has(dtype) && Number.isFinite(value) && Number(text) !== value ? String(value) : '';
}

/** The end of a long name tells modules apart, so it is the beginning that goes. */
export function shortened(name: string): string {
  return name.length <= MAX_NAME ? name : `…${name.slice(-MAX_NAME)}`;
}

/**
 * The cell that a user names: '1705, 4301', '[1705 4301]' or '1,705 4,301'; the column alone where there is one row. Null
 * for anything else, and outside the matrix.
 */
export function placeNamed(text: string, { rows, columns }: Pick<Subject, 'rows' | 'columns'>): CellPosition | null {
  const bare = text.replace(/^\s*\[|\]\s*$/g, '');
  // '12,345' is a row and a column where it can be, and one number with its thousands set apart where it cannot.
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
