import * as vscode from 'vscode';
import { CancelledError } from '../protocol/rpc';
import type { DemoOptions, OpenedSource } from '../protocol/worker';
import { cancellableTask } from './cancellableTask';
import { WorkerSource } from './workerSource';
import type { OpeningOptions } from './workerSource';
import type { InspectorServices } from './inspectorSession';
import { InspectorSession } from './inspectorSession';
import { saveDemoAdapter } from './saveDemoAdapter';
import { tabIcon } from './tabIcon';

const DEMO_VIEW_TYPE = 'peft.demo';

/** All runs share one seed, so that they show the same picture. */
const DEMO: DemoOptions = { seed: 42, trainingSteps: 300 };

/** Long enough to read the status message in passing. */
const STATUS_MS = 8000;

interface DemoServices extends InspectorServices {
  readonly output: vscode.OutputChannel;
}

/** "PEFT: Run Demo": runs the core, prints the reference document's text, and shows the tensors in the inspector. */
export function registerDemo(services: DemoServices): vscode.Disposable {
  let open: { readonly panel: vscode.WebviewPanel; readonly source: WorkerSource } | null = null;

  const attach = (panel: vscode.WebviewPanel): void => {
    const source = new WorkerSource(services.worker, (opening) => runWithProgress(services, opening), {
      shelf: services.shelf,
    });
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
      await saveDemoAdapter(services.worker, source);
    }),
    // The text stays in its channel until the user opens it: an output panel would cover a third of the picture.
    vscode.commands.registerCommand('peft.showOutput', () => services.output.show(true)),
    // After a window reload, the same seed gives the same tensors.
    vscode.window.registerWebviewPanelSerializer(DEMO_VIEW_TYPE, {
      deserializeWebviewPanel: async (panel) => attach(panel),
    }),
  );
}

async function runWithProgress(services: DemoServices, opening: OpeningOptions): Promise<OpenedSource> {
  return cancellableTask(vscode.l10n.t('Running the PEFT demo'), async ({ onProgress, signal: cancelled }) => {
    const signal = AbortSignal.any([opening.signal, cancelled]);
    try {
      const started = performance.now();
      const result = await services.worker.request('demo/run', DEMO, { ...opening, onProgress, signal });
      services.output.appendLine(result.text);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      services.output.appendLine(`\nRan in ${seconds} s with seed ${DEMO.seed}.`);
      vscode.window.setStatusBarMessage(vscode.l10n.t('The PEFT demo ran in {0} s', seconds), STATUS_MS);
      return result;
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      throw new Error(vscode.l10n.t('The demo was cancelled. Reload to run it.'), { cause: error });
    }
  });
}
