import * as vscode from 'vscode';
import type { Progress } from '../protocol/rpc';

interface TaskContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Runs `task` under a notification that shows its progress and can cancel it. */
export function cancellableTask<T>(title: string, task: (context: TaskContext) => Promise<T>): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (report, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    let shown = 0;
    return task({
      signal: controller.signal,
      onProgress: ({ done, total, message }) => {
        const percent = total > 0 ? (100 * done) / total : 0;
        report.report({ increment: percent - shown, ...(message !== undefined && { message }) });
        shown = percent;
      },
    });
  });
}
