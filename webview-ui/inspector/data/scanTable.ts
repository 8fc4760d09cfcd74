/** The table of a scanned checkpoint: its columns, its sort order, and its CSV form. */

import type { TensorSummary } from '../../../src/protocol/matrix';
import type { TensorInfo } from '../../../src/protocol/source';
import { compareNames } from '../../../src/text/nameOrder';
import { formatBytes, formatCount, formatNumber, formatPercent } from '../../shared/formatNumber';

export interface ScanRow {
  readonly tensor: TensorInfo;
  readonly summary: TensorSummary;
}

export interface ScanColumn {
  readonly id: string;
  readonly label: string;
  /** The full meaning of the label. */
  readonly title: string;
  readonly value: (row: ScanRow) => number | string;
  readonly text: (row: ScanRow) => string;
  /** Highlights the cell if true. */
  readonly alarming?: (row: ScanRow) => boolean;
}

type Measure = 'norm' | 'maxAbs' | 'mean' | 'standardDeviation' | 'min' | 'max';

function measure(id: Measure, label: string, title: string): ScanColumn {
  return { id, label, title, value: ({ summary }) => summary[id], text: ({ summary }) => formatNumber(summary[id]) };
}

const infinities = ({ summary }: ScanRow): number => summary.positiveInfinity + summary.negativeInfinity;
export const holdsNonNumbers = (row: ScanRow): boolean => row.summary.nan > 0 || infinities(row) > 0;
const zeroShare = ({ summary }: ScanRow): number => (summary.count > 0 ? summary.zeros / summary.count : 0);

export const SCAN_COLUMNS: readonly ScanColumn[] = [
  {
    id: 'name',
    label: 'Tensor',
    title: 'Name of the tensor',
    value: ({ tensor }) => tensor.name,
    text: ({ tensor }) => tensor.name,
  },
  {
    id: 'dtype',
    label: 'dtype',
    title: 'Data type',
    value: ({ tensor }) => tensor.dtype,
    text: ({ tensor }) => tensor.dtype,
  },
  {
    id: 'shape',
    label: 'Shape',
    title: 'Shape; sorted by the number of entries',
    value: ({ tensor }) => tensor.shape.reduce((product, size) => product * size, 1),
    text: ({ tensor }) => tensor.shape.join('×') || 'scalar',
  },
  {
    id: 'bytes',
    label: 'Size',
    title: 'Bytes in the file',
    value: ({ tensor }) => tensor.bytes,
    text: ({ tensor }) => formatBytes(tensor.bytes),
  },
  measure('norm', 'Norm', 'Euclidean norm of the finite entries'),
  measure('maxAbs', 'Max |x|', 'Largest magnitude'),
  measure('min', 'Min', 'Smallest finite entry'),
  measure('max', 'Max', 'Largest finite entry'),
  measure('mean', 'Mean', 'Mean of the finite entries'),
  measure('standardDeviation', 'Std', 'Standard deviation of the finite entries'),
  {
    id: 'zeros',
    label: 'Zeros',
    title: 'Share of entries that are exactly zero',
    value: zeroShare,
    text: (row) => (row.summary.zeros === 0 ? '0' : formatPercent(zeroShare(row))),
    alarming: ({ summary }) => summary.count > 0 && summary.zeros === summary.count,
  },
  {
    id: 'nan',
    label: 'NaN',
    title: 'Entries that are not a number',
    value: ({ summary }) => summary.nan,
    text: ({ summary }) => formatCount(summary.nan),
    alarming: ({ summary }) => summary.nan > 0,
  },
  {
    id: 'infinite',
    label: 'Inf',
    title: 'Entries that are +Inf or -Inf',
    value: infinities,
    text: (row) => formatCount(infinities(row)),
    alarming: (row) => infinities(row) > 0,
  },
];

/**
 * Returns a new array. Rows without a value (NaN) come last in both directions, and equal rows keep the file's order.
 */
export function sortedRows(rows: readonly ScanRow[], column: string, descending: boolean): ScanRow[] {
  const chosen = SCAN_COLUMNS.find(({ id }) => id === column);
  if (!chosen) return [...rows];
  const keyed = rows.map((row) => ({ row, key: chosen.value(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort(({ key: a }, { key: b }) => {
    if (typeof a === 'string' || typeof b === 'string') return sign * compareNames(String(a), String(b));
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return sign * (a - b);
  });
  return keyed.map(({ row }) => row);
}

/**
 * CSV as in RFC 4180, with numbers in full precision. An apostrophe keeps a spreadsheet from running text as a formula.
 */
export function scanCsv(rows: readonly ScanRow[]): string {
  const head = [
    'name',
    'dtype',
    'shape',
    'bytes',
    'count',
    'norm',
    'maxAbs',
    'min',
    'max',
    'mean',
    'standardDeviation',
    'zeros',
    'nan',
    'positiveInfinity',
    'negativeInfinity',
    'failure',
  ];
  const lines = rows.map(({ tensor, summary }) => [
    tensor.name,
    tensor.dtype,
    tensor.shape.join('x'),
    tensor.bytes,
    summary.count,
    summary.norm,
    summary.maxAbs,
    summary.min,
    summary.max,
    summary.mean,
    summary.standardDeviation,
    summary.zeros,
    summary.nan,
    summary.positiveInfinity,
    summary.negativeInfinity,
    summary.failure ?? '',
  ]);
  return [head, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
