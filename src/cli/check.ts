/** `peft-inspector check`: reads a whole checkpoint and reports what is wrong with it. */

import { parseArgs } from 'node:util';
import { fullReport } from '../findings/findingsReport';
import { inEnglish } from '../findings/sentence';
import type { FindingsReport, WeightsFinding, WeightsFindingCode } from '../protocol/findings';
import type { Command } from './command';
import { withCheckpoint } from './openForCli';
import { counted, harmless } from './terminalText';
import { formatCount } from '../text/numberText';

const OPTIONS = { json: { type: 'boolean' } } as const;
/** Findings printed to a terminal. The JSON lists all of them. */
const SHOWN_FINDINGS = 200;
/** Longest sentence printed to a terminal, with the names that it holds. */
const SHOWN_CHARACTERS = 2000;

/** The codes that `problems` has had since before the findings had codes of their own. */
const PROBLEM_CODES: Readonly<Partial<Record<WeightsFindingCode, string>>> = {
  config_mismatch: 'structure',
  missing_half: 'structure',
  nonfinite: 'non-finite',
  dead_B: 'dead-product',
  dead_A: 'dead-product',
  dead_product: 'dead-product',
  scaling_zero: 'scaling',
  scaling_negative: 'scaling',
  scaling_nonfinite: 'scaling',
  target_no_match: 'target',
  unreadable: 'unread',
};

export const checkCommand: Command = {
  name: 'check',
  synopsis: 'check <file or folder> [--json]',
  summary:
    'Look for damage, NaN, untrained modules, missing factors and config mismatches; exit with 1 if any is found.',
  options: [
    '<file or folder>  as for inspect; every value is read',
    '--json            ok, findings (code, level, modules, value, what, why, do), read, notCovered, scanned as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    return withCheckpoint(positionals, async ({ source, file }) => {
      const report = await fullReport(source);
      const status = report.findings.some(({ level }) => level !== 'info') ? 1 : 0;
      if (values.json) return { status, json: { file, ok: status === 0, ...asJson(report) } };
      return { status, lines: asLines(report, file) };
    });
  },
};

function asJson({ findings, read, scanned, notCovered }: FindingsReport) {
  return {
    problems: findings.map((finding) => ({
      severity: severityOf(finding),
      code: PROBLEM_CODES[finding.code] ?? finding.code,
      message: inEnglish(finding.what),
      ...subjectOf(finding),
    })),
    scanned,
    findings: findings.map(({ what, why, action, ...rest }) => ({
      ...rest,
      what: inEnglish(what),
      why: inEnglish(why),
      do: inEnglish(action),
    })),
    read,
    notCovered: notCovered.map(inEnglish),
  };
}

function asLines({ findings, scanned, notCovered }: FindingsReport, file: string): string[] {
  const lines: string[] = [];
  let advice = '';
  for (const finding of findings.slice(0, SHOWN_FINDINGS)) {
    lines.push(`${severityOf(finding)}: ${shown(inEnglish(finding.what))}${heuristic(finding)}`);
    const own = `  ${inEnglish(finding.why)} ${inEnglish(finding.action)}`;
    // A damaged file has many findings with the same advice.
    if (own !== advice && finding.level !== 'info') lines.push(own);
    advice = own;
  }
  if (findings.length > SHOWN_FINDINGS) lines.push(`and ${formatCount(findings.length - SHOWN_FINDINGS)} more`);
  const read = `${counted(scanned.tensors, 'tensor')}, ${counted(scanned.values, 'value')} read`;
  const problems = findings.filter(({ level }) => level !== 'info').length;
  const verdict = problems === 0 ? 'no problems' : counted(problems, 'problem');
  return [
    ...lines,
    ...notCovered.map((text) => `not checked: ${shown(inEnglish(text))}`),
    `${harmless(file, 1000)}: ${verdict} (${read})`,
  ];
}

function shown(text: string): string {
  return harmless(text, SHOWN_CHARACTERS);
}

function heuristic({ heuristic: isHeuristic, threshold }: WeightsFinding): string {
  return isHeuristic ? ` (heuristic: threshold ${threshold})` : '';
}

/** 'untrained' means that modules change nothing: the file is intact, but this is never intended. */
function severityOf({ code, level }: WeightsFinding): string {
  return PROBLEM_CODES[code] === 'dead-product' ? 'untrained' : level;
}

function subjectOf({ modules, tensors }: WeightsFinding): { readonly subject?: string } {
  const subject = modules[0] ?? tensors[0];
  return subject === undefined ? {} : { subject };
}
