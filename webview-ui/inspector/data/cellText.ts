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

/** The end of a long name tells modules apart, so it is the beginning that goes. */
export function shortened(name: string): string {
  return name.length <= MAX_NAME ? name : `…${name.slice(-MAX_NAME)}`;
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
