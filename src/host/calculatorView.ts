import * as vscode from 'vscode';
import type { BudgetEvents, BudgetInputs, CalculatorRequests } from '../protocol/calculator';
import { Endpoint } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import type { BudgetServices } from './budgetSession';
import { CalculatorSession } from './calculatorSession';
import { saveDocument } from './saveDocument';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewTransport } from './webviewTransport';
import type { WorkerClient } from './workerClient';
import { workspacePlan } from './workspacePlan';

const CALCULATOR_VIEW = 'peft.calculator';

/** Inputs are stored per workspace, because they may refer to its models. */
const INPUTS_KEY = 'peft.calculator.inputs';

/** The inputs last typed into the calculator in this workspace. */
export function calculatorInputs(context: vscode.ExtensionContext): BudgetInputs {
  return readInputs(context.workspaceState.get(INPUTS_KEY));
}

const inputsChanged = new vscode.EventEmitter<void>();
/** Fires when the calculator's inputs change. */
export const onDidChangeCalculatorInputs = inputsChanged.event;

interface OpenView {
  readonly session: CalculatorSession;
  readonly endpoint: Endpoint<Record<never, never>, CalculatorRequests, BudgetEvents>;
}

interface CalculatorServices extends BudgetServices {
  readonly worker: Pick<WorkerClient, 'request'>;
}

/** The calculator in the side bar, whether it is open or not. */
export class Calculator implements vscode.WebviewViewProvider {
  private open: OpenView | null = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly services: CalculatorServices,
  ) {}

  get inputs(): BudgetInputs {
    return calculatorInputs(this.context);
  }

  /** Replaces the typed inputs and shows the calculator. */
  async show(inputs: BudgetInputs): Promise<void> {
    await this.context.workspaceState.update(INPUTS_KEY, inputs);
    inputsChanged.fire();
    const { open } = this;
    if (open) {
      await open.session.set(inputs);
      open.endpoint.emit('inputs/changed', await open.session.snapshot());
    }
    await vscode.commands.executeCommand(`${CALCULATOR_VIEW}.focus`);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { context, services } = this;
    view.webview.options = webviewOptions(context.extensionUri);
    const session = new CalculatorSession(services, calculatorInputs(context), workspacePlan(context), {
      changed: (inputs) => {
        void context.workspaceState.update(INPUTS_KEY, inputs);
        inputsChanged.fire();
      },
      modelsChanged: (payload) => endpoint.emit('models/changed', payload),
    });
    const endpoint: OpenView['endpoint'] = new Endpoint<Record<never, never>, CalculatorRequests, BudgetEvents>(
      webviewTransport(view.webview),
      {
        ...session.countingHandlers(),
        'plan/copy': async ({ text }) => vscode.env.clipboard.writeText(text),
        'plan/save': ({ text }) => saveConfig(services.worker, text),
        'calculator/run': async ({ command }) => {
          if (command === 'demo') await vscode.commands.executeCommand('peft.runDemo');
          else await vscode.commands.executeCommand('peft.compareBudgets', session.inputs);
        },
      },
    );
    const opened: OpenView = { session, endpoint };
    this.open = opened;
    view.onDidDispose(() => {
      if (this.open === opened) this.open = null;
      endpoint.dispose('the calculator was closed');
      session.dispose();
    });
    view.webview.html = webviewHtml(
      view.webview,
      context.extensionUri,
      'calculator',
      vscode.l10n.t('Parameter Calculator'),
    );
  }
}

async function saveConfig(worker: CalculatorServices['worker'], text: string): Promise<string | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    filters: { JSON: ['json'] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, 'adapter_config.json') }),
  });
  if (!target) return null;
  await saveDocument(worker, target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target, { preview: true });
  return vscode.workspace.asRelativePath(target);
}

export function registerCalculatorView(calculator: Calculator): vscode.Disposable {
  return vscode.window.registerWebviewViewProvider(CALCULATOR_VIEW, calculator);
}
