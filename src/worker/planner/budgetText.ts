/** Numbers as people read them, and the comparison as text to paste. */

import type { BudgetReport, MethodBudget } from '../../protocol/calculator';

/** Shown where a figure cannot be had. */
export const NO_FIGURE = '\u2013';

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

const COLUMNS = ['Method', 'Setting', 'Trainable parameters', 'Ratio', 'Trainable % (PEFT)', 'File size'];

export function reportAsMarkdown(report: BudgetReport): string {
  const rows = report.methods.map((method) => [
    method.label,
    method.problem || method.detail,
    method.parametersText,
    method.ratioText,
    method.trainablePercentText || NO_FIGURE,
    method.fileText,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [
    `**${escapeInline(report.modelTitle)}**: ${escapeInline(report.modelSummary)}`,
    '',
    line(COLUMNS),
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...rows.map(line),
    '',
    `Ratios are of ${escapeInline(report.denominator)}.`,
    '',
  ].join('\n');
}

/** One row a method, plain numbers, RFC 4180. */
export function reportAsCsv(report: BudgetReport): string {
  const header = ['model', 'basis', 'method', 'setting', 'trainable_parameters', 'ratio', 'file_bytes'];
  const row = (method: MethodBudget): readonly (string | number | null)[] => [
    report.modelTitle,
    report.basis,
    method.label,
    method.problem || method.detail,
    method.parameters,
    method.ratio,
    method.fileBytes,
  ];
  const line = (cells: readonly (string | number | null)[]): string => cells.map(csvCell).join(',');
  return [header, ...report.methods.map(row)].map(line).join('\r\n') + '\r\n';
}

function csvCell(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  if (value === null) return '';
  // A name that starts like a formula would be run by a spreadsheet.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escapeInline(text: string): string {
  return text.replace(/[\\`*_[\]<>]/g, '\\$&').replace(/\s+/g, ' ');
}

function escapeCell(text: string): string {
  return escapeInline(text).replaceAll('|', '\\|');
}
