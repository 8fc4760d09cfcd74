/** The comparison as Markdown or CSV to paste. */

import type { BudgetReport, MethodBudget } from '../../protocol/calculator';

/** Shown in place of an unknown figure. */
export const NO_FIGURE = '\u2013';

export function reportAsMarkdown(report: BudgetReport): string {
  const rows = report.methods.map((method) => [
    method.label,
    method.problem || method.detail,
    method.parametersText,
    method.shareText,
    method.fileText,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [
    `**${escapeInline(report.modelTitle)}**: ${escapeInline(report.modelSummary)}`,
    '',
    line(['Method', 'Setting', 'Trainable parameters', report.shareTitle, 'File size']),
    '| --- | --- | ---: | ---: | ---: |',
    ...rows.map(line),
    '',
    escapeInline(report.shareNote),
    '',
  ].join('\n');
}

/** One row per method with plain numbers, as RFC 4180 defines CSV. */
export function reportAsCsv(report: BudgetReport): string {
  const share = report.basis === 'exact' ? 'trainable_percent' : 'percent_of_attention_weights';
  const header = ['model', 'basis', 'method', 'setting', 'trainable_parameters', share, 'file_bytes'];
  const row = (method: MethodBudget): readonly (string | number | null)[] => [
    report.modelTitle,
    report.basis,
    method.label,
    method.problem || method.detail,
    method.parameters,
    method.share === null ? null : 100 * method.share,
    method.fileBytes,
  ];
  const line = (cells: readonly (string | number | null)[]): string => cells.map(csvCell).join(',');
  return [header, ...report.methods.map(row)].map(line).join('\r\n') + '\r\n';
}

function csvCell(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  if (value === null) return '';
  // A spreadsheet would run a name that starts like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escapeInline(text: string): string {
  return text.replace(/[\\`*_[\]<>]/g, '\\$&').replace(/\s+/g, ' ');
}

function escapeCell(text: string): string {
  return escapeInline(text).replaceAll('|', '\\|');
}
