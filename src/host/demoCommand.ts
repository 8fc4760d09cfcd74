import * as vscode from 'vscode';
import { CancelledError } from '../protocol/rpc';
import type { DemoOptions, OpenedSource } from '../protocol/worker';
import { WorkerSource } from './workerSource';
import type { InspectorServices } from './inspectorSession';
import { InspectorSession } from './inspectorSession';
import { saveDemoAdapter } from './saveDemoAdapter';
import { tabIcon } from './tabIcon';

const DEMO_VIEW_TYPE = 'peft.demo';

/** One seed for every run: same seed, same picture. */
const DEMO: DemoOptions = { seed: 42, trainingSteps: 300 };

/** Long enough to be read in passing. */
const STATUS_MS = 8000;

/** "PEFT: Run Demo": runs the core, prints what the reference document prints, and inspects what it made. */
export function registerDemo(
  services: InspectorServices & { readonly output: vscode.OutputChannel },
): vscode.Disposable {
  let open: { readonly panel: vscode.WebviewPanel; readonly source: WorkerSource } | null = null;

  const attach = (panel: vscode.WebviewPanel): void => {
    const source = new WorkerSource(services.worker, () => runWithProgress(services));
    const session = new InspectorSession(services, source, panel, undefined);
    panel.iconPath = tabIcon(services.extensionUri);
    const opened = { panel, source };
    open = opened;
    panel.onDidDispose(() => {
      if (open === opened) open = null;
      session.dispose();
      source.dispose();
    });
  };

  return vscode.Disposable.from(
    vscode.commands.registerCommand('peft.runDemo', () => {
      if (open) open.panel.dispose();
      attach(
        vscode.window.createWebviewPanel(DEMO_VIEW_TYPE, vscode.l10n.t('PEFT Demo'), vscode.ViewColumn.Active, {}),
      );
    }),
    vscode.commands.registerCommand('peft.saveDemoAdapter', async () => {
      if (!open) await vscode.commands.executeCommand('peft.runDemo');
      const { source } = open!;
      await saveDemoAdapter(services.worker, () => source.sourceId());
    }),
    // The text waits in its channel: a panel that opens by itself would take a third of the picture.
    vscode.commands.registerCommand('peft.showOutput', () => services.output.show(true)),
    // After a window reload the same seed makes the same tensors again.
    vscode.window.registerWebviewPanelSerializer(DEMO_VIEW_TYPE, {
      deserializeWebviewPanel: async (panel) => attach(panel),
    }),
  );
}

async function runWithProgress(
  services: InspectorServices & { readonly output: vscode.OutputChannel },
): Promise<OpenedSource> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Running the PEFT demo'),
      cancellable: true,
    },
    async (report, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      let shown = 0;
      try {
        const started = performance.now();
        const result = await services.worker.request('demo/run', DEMO, {
          signal: controller.signal,
          onProgress: ({ done, total, message }) => {
            const percent = total > 0 ? (100 * done) / total : 0;
            report.report({ increment: percent - shown, ...(message !== undefined && { message }) });
            shown = percent;
          },
        });
        services.output.appendLine(result.text);
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        services.output.appendLine(`\nRan in ${seconds} s with seed ${DEMO.seed}.`);
        vscode.window.setStatusBarMessage(vscode.l10n.t('The PEFT demo ran in {0} s', seconds), STATUS_MS);
        return result;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        throw new Error(vscode.l10n.t('The demo was cancelled. Reload to run it.'), { cause: error });
      }
    },
  );
}
