/** A report as Markdown, for an issue or a chat. */

import type { FindingsReport, WeightsFinding } from '../../../src/protocol/findings';
import type { SourceDescription } from '../../../src/protocol/source';
import { formatCount, formatNumber } from '../../shared/formatNumber';
import { countsText, LEVEL_NAMES } from './findingsStore';

/** Names listed with one finding. */
const LISTED = 20;

export function findingsMarkdown(report: FindingsReport<string>, { title, file }: SourceDescription): string {
  const { tensors, values } = report.scanned;
  const read =
    report.read === 'all'
      ? `all ${formatCount(values)} values of ${formatCount(tensors)} tensors were read`
      : 'only the header was read';
  return [
    `### ${escaped(title)}: ${countsText(report)}`,
    '',
    `${file ? `${escaped(file.path)}; ` : ''}${read}.`,
    '',
    ...report.findings.map(item),
    ...(report.findings.length > 0 ? [''] : []),
    'Not checked:',
    '',
    ...report.notCovered.map((text) => `- ${escaped(text)}`),
    '',
  ].join('\n');
}

function item({
  code,
  level,
  what,
  why,
  action,
  heuristic,
  value,
  threshold,
  modules,
}: WeightsFinding<string>): string {
  const measured = heuristic
    ? ` (heuristic: ${formatNumber(value ?? NaN)}, threshold ${formatNumber(threshold ?? NaN)})`
    : '';
  const names = modules.slice(0, LISTED).map((name) => `\`${name.replaceAll('`', "'")}\``);
  const more = modules.length > LISTED ? ` and ${formatCount(modules.length - LISTED)} more` : '';
  return [
    `- **${LEVEL_NAMES[level]}** \`${code}\`: ${escaped(what)}${measured}`,
    `  ${escaped(why)} ${escaped(action)}`,
    ...(names.length > 1 ? [`  Modules: ${names.join(', ')}${more}`] : []),
  ].join('\n');
}

/** Names from files contain underscores, which would begin emphasis. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/\s+/g, ' ');
}
