/** Formats numbers for people. No DOM. */

import type { LineSummary } from '../../src/protocol/matrix';

/** Four digits distinguish neighbouring cells and fit in a cell. The tooltip has the exact text. */
const SIGNIFICANT_DIGITS = 4;

/** A plain decimal between these magnitudes is easier to read than an exponent. */
const SMALLEST_PLAIN = 1e-3;
const LARGEST_PLAIN = 1e6;

/** Groups digits by thousands: '12,288'. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return formatNumber(count);
  const [whole = '', fraction] = String(count).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/**
 * Significant digits without trailing zeros: '0.0123', '1.234e-7', '12,350', 'NaN', '-Inf'. `Cell` has the exact text.
 */
export function formatNumber(value: number, digits = SIGNIFICANT_DIGITS): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const magnitude = Math.abs(rounded);
  if (magnitude >= SMALLEST_PLAIN && magnitude < LARGEST_PLAIN) return formatCount(rounded);
  const [mantissa = '', exponent = ''] = rounded.toExponential(digits - 1).split('e');
  return `${Number(mantissa)}e${Number(exponent)}`;
}

/** A float32 as the shortest decimal that reads back to the same float32. Other numbers are left as they are. */
export function formatFloat32(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(value);
}

/** Bytes in powers of 1000, as file managers and the Hub show sizes: '4.2 MB'. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let power = 0;
  let amount = bytes;
  while (amount >= 999.5 && power < units.length - 1) {
    amount /= 1000;
    power++;
  }
  const text = power === 0 ? formatCount(amount) : String(Number(amount.toPrecision(3)));
  return `${text} ${bytes === 1 ? 'byte' : units[power]}`;
}

/** A share of a whole: '12.3%'. A share too small for two decimals is '<0.01%' rather than zero. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '<0.01%';
  return `${Number(percent.toPrecision(percent >= 10 ? 3 : 2))}%`;
}

/** Summarises a row or column: 'min -0.12, max 0.3, mean 0.001, norm 1.2'. */
export function formatLineSummary(summary: LineSummary): string {
  const parts: readonly (readonly [string, number])[] = [
    ['min', summary.min],
    ['max', summary.max],
    ['mean', summary.mean],
    ['norm', summary.norm],
  ];
  return parts.map(([name, value]) => `${name} ${formatNumber(value)}`).join(', ');
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** GPU memory in the units that nvidia-smi and torch use: '23.5 GiB'. A card of 24 GB has 24 GiB. */
export function formatMemory(bytes: number): string {
  if (bytes === 0) return '0';
  if (bytes >= 0.1 * GIB) return `${(bytes / GIB).toFixed(bytes < 100 * GIB ? 2 : 0)} GiB`;
  if (bytes >= 0.1 * MIB) return `${(bytes / MIB).toFixed(1)} MiB`;
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
