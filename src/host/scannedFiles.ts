import * as vscode from 'vscode';
import type { SearchStop } from '../protocol/adapters';
import type { ScannedFile } from '../protocol/scan';
import { formatCount } from '../text/numberText';

/** The planner reads files on the local disk itself and asks the host for all others. */
export function scannedFile(uri: vscode.Uri): ScannedFile {
  return uri.scheme === 'file' ? { path: uri.fsPath } : { uri: uri.toString() };
}

interface LeftOut {
  /** Number of files that the budget of bytes left out. */
  readonly unread: number;
  readonly maxBytes: number;
  /** `null` if the search found all. */
  readonly stopped: SearchStop | null;
}

/** Text for people: what a scan of the workspace left out, and why; `null` if it is complete. */
export function leftOutText({ unread, maxBytes, stopped }: LeftOut): string | null {
  const texts = [
    unread > 0 &&
      vscode.l10n.t(
        '{0} more configs were not read: the limit of {1} MB for a scan of the workspace is reached.',
        formatCount(unread),
        maxBytes >> 20,
      ),
    stopped !== null && stopText(stopped),
  ];
  return texts.filter((text) => text !== false).join(' ') || null;
}

function stopText({ after, count }: SearchStop): string {
  const number = formatCount(count);
  if (after === 'folders')
    return vscode.l10n.t('The search stopped at {0} folders. Open a folder further down to see the others.', number);
  if (after === 'adapters')
    return vscode.l10n.t('The search stopped at {0} adapters. Open a folder further down to see the others.', number);
  return vscode.l10n.t('The search stopped at {0} files. Open a folder further down to see the others.', number);
}
