/** The table of `npm run attack`. */

import type { Outcome } from './runScenario';
import type { Scenario } from './scenario';

const HEADINGS = [
  'scenario',
  'time (s)',
  'limit',
  'processor (s)',
  'memory at start, peak, end (MB)',
  'growth (MB)',
  'limit',
  'open files',
  'result',
];

const megabytes = (bytes: number): string => (Number.isNaN(bytes) ? 'gone' : (bytes / 2 ** 20).toFixed(0));

export function rowOf({ name, limits }: Scenario, outcome: Outcome): string[] {
  const { course, seconds } = outcome;
  const [time, growth] = [String(limits.seconds), megabytes(limits.growth)];
  if (!course) return [name, '', time, '', '', '', growth, '', result(outcome)];
  const { start, peak, end, filesBefore, filesAfter, processorSeconds } = course;
  return [
    name,
    seconds.toFixed(1),
    time,
    processorSeconds > 0 ? processorSeconds.toFixed(1) : 'gone',
    [start, peak, end].map(megabytes).join(', '),
    megabytes(peak - start),
    growth,
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
