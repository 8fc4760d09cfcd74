import * as vscode from 'vscode';
import { formatBytes, formatCount, formatTrainableShare } from '../text/numberText';
import type { AdapterBudget } from '../protocol/planner';

export { formatCount };

/** One line for a counted adapter: what it trains, and the size of its file. '' if it was not counted. */
export function budgetLine({ counted, modelTitle }: AdapterBudget): string {
  if (!counted) return '';
  return vscode.l10n.t(
    '{0} trainable parameters, {1} of {2}, file size {3} ({4})',
    formatCount(counted.trainable),
    formatTrainableShare(counted.percent / 100),
    formatCount(counted.all),
    formatBytes(counted.fileBytes),
    (modelTitle ?? '').replace(/\$\(/g, '$ ('),
  );
}
