import * as vscode from 'vscode';
import type { BudgetEvents, BudgetInputs, CalculatorRequests } from '../protocol/calculator';
import { Endpoint } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import type { BudgetServices } from './budgetSession';
import { CalculatorSession } from './calculatorSession';
import { saveDocument } from './saveDocument';
import { tabIcon } from './tabIcon';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewTransport } from './webviewTransport';
import type { WorkerClient } from './workerClient';
import { workspacePlan } from './workspacePlan';

const CALCULATOR_VIEW = 'peft.calculator';
const PLAN_VIEW_TYPE = 'peft.plan';

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

/** The calculator in the side bar, whether it is open or not, and in an editor. */
export class Calculator implements vscode.WebviewViewProvider {
  private readonly open = new Set<OpenView>();
  private panel: vscode.WebviewPanel | null = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly services: CalculatorServices,
  ) {}

  get inputs(): BudgetInputs {
    return calculatorInputs(this.context);
  }

  /** Replaces the typed inputs and shows the calculator. */
  async show(inputs: BudgetInputs): Promise<void> {
    await this.store(inputs, null);
    await vscode.commands.executeCommand(`${CALCULATOR_VIEW}.focus`);
  }

  /** Opens the same form in an editor, beside the code. There is one. */
  showBeside(): void {
    if (this.panel) return this.panel.reveal();
    const title = vscode.l10n.t('Adapter Plan');
    const panel = vscode.window.createWebviewPanel(PLAN_VIEW_TYPE, title, vscode.ViewColumn.Beside);
    panel.iconPath = tabIcon(this.context.extensionUri);
    this.panel = panel;
    panel.onDidDispose(() => (this.panel = null));
    this.attach(panel);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.attach(view);
  }

  /** Stores the inputs and gives them to all open pages except the one that they come from. */
  private async store(inputs: BudgetInputs, from: OpenView | null): Promise<void> {
    await this.context.workspaceState.update(INPUTS_KEY, inputs);
    inputsChanged.fire();
    for (const opened of this.open) {
      // A session announces what it is given too, so a page that has the inputs already ends the exchange.
      if (opened === from || JSON.stringify(opened.session.inputs) === JSON.stringify(inputs)) continue;
      await opened.session.set(inputs);
      opened.endpoint.emit('inputs/changed', await opened.session.snapshot());
    }
  }

  private attach(view: vscode.WebviewView | vscode.WebviewPanel): void {
    const { context, services } = this;
    view.webview.options = webviewOptions(context.extensionUri);
    const session = new CalculatorSession(services, calculatorInputs(context), workspacePlan(context), {
      changed: (inputs) => void this.store(inputs, opened),
      modelsChanged: (payload) => endpoint.emit('models/changed', payload),
    });
    const endpoint: OpenView['endpoint'] = new Endpoint<Record<never, never>, CalculatorRequests, BudgetEvents>(
      webviewTransport(view.webview),
      {
        ...session.countingHandlers(),
        'plan/copy': async ({ text }) => vscode.env.clipboard.writeText(text),
        'plan/save': ({ text }) => saveConfig(services.worker, text),
        'calculator/run': async ({ command }) => {
          if (command === 'plan') this.showBeside();
          else if (command === 'demo') await vscode.commands.executeCommand('peft.runDemo');
          else await vscode.commands.executeCommand('peft.compareBudgets', session.inputs);
        },
      },
    );
    const opened: OpenView = { session, endpoint };
    this.open.add(opened);
    view.onDidDispose(() => {
      this.open.delete(opened);
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
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(CALCULATOR_VIEW, calculator),
    vscode.commands.registerCommand('peft.openPlan', () => calculator.showBeside()),
  );
}
