/** `peft-inspector check`: reads a whole checkpoint and reports what is wrong with it. */

import { parseArgs } from 'node:util';
import type { Command } from './command';
import { findProblems } from './checkFindings';
import type { Severity } from './checkFindings';
import { withCheckpoint } from './openForCli';
import { counted, harmless } from './terminalText';
import { formatCount } from '../text/numberText';

const OPTIONS = { json: { type: 'boolean' } } as const;
/** Findings printed to a terminal. The JSON lists all of them. */
const SHOWN_FINDINGS = 200;
const ORDER: readonly Severity[] = ['error', 'untrained', 'warning', 'info'];

export const checkCommand: Command = {
  name: 'check',
  synopsis: 'check <file or folder> [--json]',
  summary:
    'Look for damage, NaN, untrained modules, missing factors and config mismatches; exit with 1 if any is found.',
  options: [
    '<file or folder>  as for inspect; every value is read',
    '--json            ok, problems (severity, code, message, subject), scanned as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    return withCheckpoint(positionals, async ({ source, file }) => {
      const { findings, scanned } = await findProblems(source);
      const problems = findings.filter(({ severity }) => severity !== 'info');
      const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
      const status = problems.length > 0 ? 1 : 0;
      if (values.json) return { status, json: { file, ok: status === 0, problems: sorted, scanned } };
      const lines = sorted.slice(0, SHOWN_FINDINGS).map(({ severity, message }) => `${severity}: ${message}`);
      if (sorted.length > SHOWN_FINDINGS) lines.push(`and ${formatCount(sorted.length - SHOWN_FINDINGS)} more`);
      const read = `${counted(scanned.tensors, 'tensor')}, ${counted(scanned.values, 'value')} read`;
      const verdict = status === 0 ? 'no problems' : counted(problems.length, 'problem');
      return { status, lines: [...lines, `${harmless(file, 1000)}: ${verdict} (${read})`] };
    });
  },
};
