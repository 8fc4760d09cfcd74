import * as vscode from 'vscode';
import type { FindingsReport } from '../protocol/findings';
import { formatCount } from '../text/numberText';
import { besideOf } from './adapterFolders';

/** The counts of the last report on a file. */
export interface Verdict {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  readonly read: FindingsReport['read'];
}

interface KeptVerdict extends Verdict {
  readonly uri: string;
  /** Size and times of the file and its config when they were read. */
  readonly identity: string;
}

const KEY = 'peft.verdicts';
/** More files than a user compares. Each takes 200 bytes of the workspace's state. */
const MAX_KEPT = 500;

/** Remembers what reports said about files, until a file changes. Reads no file. */
export class Verdicts {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private kept: readonly KeptVerdict[];

  constructor(private readonly state: vscode.Memento) {
    const stored: unknown = state.get(KEY);
    this.kept = Array.isArray(stored) ? stored.filter(isKept) : [];
  }

  async keep(uri: vscode.Uri, { findings, read }: FindingsReport): Promise<void> {
    const identity = await identityOf(uri);
    if (identity === null) return;
    const key = uri.toString();
    const before = this.kept.find((each) => each.uri === key && each.identity === identity);
    // Opening a file reads its header again. A report on the values says more.
    if (before?.read === 'all' && read === 'header') return;
    const count = (level: string): number => findings.filter((finding) => finding.level === level).length;
    const verdict = { errors: count('error'), warnings: count('warning'), notes: count('info'), read };
    const others = this.kept.filter((each) => each.uri !== key);
    this.kept = [...others.slice(1 - MAX_KEPT), { uri: key, identity, ...verdict }];
    await this.state.update(KEY, this.kept);
    this.changed.fire();
  }

  /** `null` without a report on the file as it is now. */
  async of(uri: vscode.Uri): Promise<Verdict | null> {
    const key = uri.toString();
    const kept = this.kept.find((each) => each.uri === key);
    return kept && (await identityOf(uri)) === kept.identity ? kept : null;
  }
}

/** '2 errors, 1 warning'; '' if there is neither. */
export function faultsText({ errors, warnings }: Verdict): string {
  const parts = [
    errors === 1 ? vscode.l10n.t('1 error') : errors > 1 && vscode.l10n.t('{0} errors', formatCount(errors)),
    warnings === 1 ? vscode.l10n.t('1 warning') : warnings > 1 && vscode.l10n.t('{0} warnings', formatCount(warnings)),
  ];
  return parts.filter(Boolean).join(', ');
}

/** `null` if the file is gone. */
async function identityOf(uri: vscode.Uri): Promise<string | null> {
  const stat = async (file: vscode.Uri): Promise<string | null> => {
    try {
      const { size, mtime } = await vscode.workspace.fs.stat(file);
      return `${size}@${mtime}`;
    } catch {
      return null;
    }
  };
  const [file, config] = await Promise.all([stat(uri), stat(besideOf(uri, 'adapter_config.json'))]);
  return file === null ? null : `${file} ${config ?? ''}`;
}

function isKept(value: unknown): value is KeptVerdict {
  if (typeof value !== 'object' || value === null) return false;
  const { uri, identity, read, errors, warnings, notes } = value as Record<string, unknown>;
  const isRead = read === 'header' || read === 'all';
  return (
    typeof uri === 'string' &&
    typeof identity === 'string' &&
    isRead &&
    [errors, warnings, notes].every(Number.isInteger)
  );
}
