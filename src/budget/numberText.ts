/** Numbers as people read them. */

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Four decimals as the reference prints them; two significant digits where those would be zeros. */
export function formatPercent(ratio: number): string {
  const percent = 100 * ratio;
  const text = percent !== 0 && percent < 0.001 ? percent.toPrecision(2) : percent.toFixed(4);
  return `${text} %`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, three significant digits: 36,715,216 is '36.7 MB'. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000 of the unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : Number(value.toPrecision(3))} ${UNITS[unit] ?? ''}`;
}
