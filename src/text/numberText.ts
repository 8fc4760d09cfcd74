/** Numbers as people read them. Every surface (host, planner, command line, pages) writes its figures with these. */

/** Four significant digits distinguish neighbouring cells and fit in a cell. */
const SIGNIFICANT_DIGITS = 4;

/** A plain decimal is easier to read than an exponent between these magnitudes. */
const SMALLEST_PLAIN = 1e-3;
const LARGEST_PLAIN = 1e6;

/** Groups thousands: '12,288'. `toLocaleString` would take twenty times as long as the regular expression. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return formatNumber(count);
  const [whole = '', fraction] = String(count).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Significant digits without trailing zeros: '0.0123', '1.234e-7', '12,350', 'NaN', '-Inf'. */
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

/** The shortest decimal that reads back to the same float32; a number that is not a float32 keeps all its digits. */
export function formatFloat32(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(value);
}

const DECIMAL_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** The size of a file, '4.72 MB': powers of 1000 and three significant digits, as file managers and the Hub show it. */
export function formatBytes(bytes: number): string {
  let power = 0;
  let amount = bytes;
  // 999.5 would be rounded to 1000 of its unit.
  while (amount >= 999.5 && power < DECIMAL_UNITS.length - 1) {
    amount /= 1000;
    power++;
  }
  const text = power === 0 ? formatCount(amount) : String(Number(amount.toPrecision(3)));
  return `${text} ${bytes === 1 ? 'byte' : DECIMAL_UNITS[power]}`;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Memory of a GPU, '23.50 GiB': powers of 1024, as nvidia-smi and torch count it. A card of 24 GB has 24 GiB. */
export function formatMemory(bytes: number): string {
  if (bytes === 0) return '0';
  if (bytes >= 0.1 * GIB) return `${(bytes / GIB).toFixed(bytes < 100 * GIB ? 2 : 0)} GiB`;
  if (bytes >= 0.1 * MIB) return `${(bytes / MIB).toFixed(1)} MiB`;
  return `${(bytes / KIB).toFixed(1)} KiB`;
}

/** A share of a whole, '12.3%'; '<0.01%' for a small share that would be rounded to zero. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '<0.01%';
  return `${Number(percent.toPrecision(percent >= 10 ? 3 : 2))}%`;
}

/**
 * The share of trainable parameters, '0.0622%': four decimals, as PEFT prints it; two significant digits if the four
 * decimals would be zeros.
 */
export function formatTrainableShare(share: number): string {
  const percent = share * 100;
  return `${percent !== 0 && percent < 0.001 ? percent.toPrecision(2) : percent.toFixed(4)}%`;
}

/** The line that PEFT's `print_trainable_parameters` prints: `percent` is 100 * trainable / all. */
export function formatTrainableLine(counts: {
  readonly trainable: number;
  readonly all: number;
  readonly percent: number;
}): string {
  const { trainable, all, percent } = counts;
  return (
    `trainable params: ${formatCount(trainable)} || all params: ${formatCount(all)} || ` +
    `trainable%: ${percent.toFixed(4)}`
  );
}
