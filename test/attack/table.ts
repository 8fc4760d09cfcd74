/** The table of `npm run attack`. */

import type { Outcome } from './runScenario';
import type { Scenario } from './scenario';

const HEADINGS = [
  'scenario',
  'time (s)',
  'limit',
  'memory at start, peak, end (MB)',
  'growth (MB)',
  'limit',
  'open files',
  'result',
];

export function rowOf({ name, limits }: Scenario, outcome: Outcome): string[] {
  const { start, peak, end, seconds, filesBefore, filesAfter } = outcome;
  const whole = (bytes: number): string => (Number.isNaN(bytes) ? 'gone' : (bytes / 2 ** 20).toFixed(0));
  if (Number.isNaN(seconds))
    return [name, '', String(limits.seconds), '', '', whole(limits.growth), '', result(outcome)];
  return [
    name,
    seconds.toFixed(1),
    String(limits.seconds),
    [start, peak, end].map(whole).join(', '),
    whole(peak - start),
    whole(limits.growth),
    `${filesBefore} to ${filesAfter}`,
    result(outcome),
  ];
}

function result({ faults, slow, notTried, note }: Outcome): string {
  if (notTried !== null) return `not tried: ${notTried}`;
  const failed = [...faults, ...(slow ? ['time beyond the limit'] : [])];
  return [failed.length > 0 ? `FAILED: ${failed.join('; ')}` : 'ok', note].filter(Boolean).join(', ');
}

/** A Markdown table with columns of equal width. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
