import * as vscode from 'vscode';
import type { FindingsReport, WeightsFinding } from '../protocol/findings';
import type { LocalText } from '../protocol/localText';

/** Translates a text of a thread into the display language of the window. */
export function translated({ message, args }: LocalText): string {
  return vscode.l10n.t(message, ...args);
}

export function translatedReport(report: FindingsReport): FindingsReport<string> {
  const findings = report.findings.map((finding): WeightsFinding<string> => ({
    ...finding,
    what: translated(finding.what),
    why: translated(finding.why),
    action: translated(finding.action),
  }));
  return { ...report, findings, notCovered: report.notCovered.map(translated) };
}
