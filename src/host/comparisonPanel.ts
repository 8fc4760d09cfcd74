import * as vscode from 'vscode';
import { isObject } from '../peftConfig/configValues';
import type { BudgetEvents, BudgetInputs, ComparisonRequests } from '../protocol/calculator';
import { Endpoint } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import type { BudgetServices } from './budgetSession';
import { BudgetSession } from './budgetSession';
import { calculatorInputs } from './calculatorView';
import { tabIcon } from './tabIcon';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewTransport } from './webviewTransport';
import { workspacePlan } from './workspacePlan';

const COMPARISON_VIEW_TYPE = 'peft.comparison';

class ComparisonEndpoint extends Endpoint<Record<never, never>, ComparisonRequests, BudgetEvents> {}

interface OpenComparison {
  readonly panel: vscode.WebviewPanel;
  readonly session: BudgetSession;
  readonly endpoint: ComparisonEndpoint;
}

class Comparisons {
  private readonly open = new Set<OpenComparison>();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly services: BudgetServices,
  ) {}

  /** Each model has one panel. Opening it again reveals the panel and sets its inputs. */
  async show(inputs: BudgetInputs): Promise<void> {
    const shown = [...this.open].find(({ session }) => session.inputs.model === inputs.model);
    if (shown) {
      shown.panel.reveal();
      await shown.session.set(inputs);
      shown.endpoint.emit('inputs/changed', await shown.session.snapshot());
      return;
    }
    const title = vscode.l10n.t('Parameter Budgets');
    this.attach(vscode.window.createWebviewPanel(COMPARISON_VIEW_TYPE, title, vscode.ViewColumn.Active), inputs);
  }

  attach(panel: vscode.WebviewPanel, inputs: BudgetInputs): void {
    panel.webview.options = webviewOptions(this.context.extensionUri);
    panel.iconPath = tabIcon(this.context.extensionUri);
    const entitle = (model: string): void => {
      panel.title = vscode.l10n.t('Budgets: {0}', model);
    };
    const session = new BudgetSession(this.services, inputs, {
      changed: (_, report) => entitle(report.modelTitle),
      modelsChanged: (payload) => endpoint.emit('models/changed', payload),
    });
    const endpoint = new ComparisonEndpoint(webviewTransport(panel.webview), {
      ...session.handlers(),
      'budget/compute': (params) => session.set(readInputs(params.inputs)),
      'comparison/sweep': () => session.sweep(workspacePlan(this.context).read()),
      'comparison/copy': async ({ inputs: copied, format }) => {
        const report = await session.report(readInputs(copied));
        await vscode.env.clipboard.writeText(await this.services.planner.request('budget/text', { report, format }));
      },
    });
    const opened = { panel, session, endpoint };
    this.open.add(opened);
    panel.onDidDispose(() => {
      this.open.delete(opened);
      endpoint.dispose('the comparison was closed');
      session.dispose();
    });
    panel.webview.html = webviewHtml(panel.webview, this.context.extensionUri, 'comparison', panel.title);
    void session.report(inputs).then(({ modelTitle }) => entitle(modelTitle));
  }
}

export function registerComparison(context: vscode.ExtensionContext, services: BudgetServices): vscode.Disposable {
  const comparisons = new Comparisons(context, services);
  return vscode.Disposable.from(
    vscode.commands.registerCommand('peft.compareBudgets', async (asked?: unknown) => {
      // The calculator passes its inputs. A menu and the palette pass none, so the user picks a model.
      const inputs =
        isObject(asked) && typeof asked['model'] === 'string'
          ? readInputs(asked)
          : await pickInputs(context, services.configs);
      if (inputs) await comparisons.show(inputs);
    }),
    vscode.window.registerWebviewPanelSerializer(COMPARISON_VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, state: unknown) => {
        comparisons.attach(panel, readInputs(isObject(state) ? state['inputs'] : undefined));
      },
    }),
  );
}

/** The calculator's inputs with the model that the user picks. */
async function pickInputs(
  context: vscode.ExtensionContext,
  configs: BudgetServices['configs'],
): Promise<BudgetInputs | null> {
  const inputs = calculatorInputs(context);
  const headings = {
    preset: vscode.l10n.t('Presets'),
    workspace: vscode.l10n.t('In this workspace'),
    custom: vscode.l10n.t('From the calculator'),
  };
  const items: (vscode.QuickPickItem & { readonly model?: string })[] = [];
  let group = '';
  for (const choice of await configs.choices(inputs.model)) {
    if (choice.group !== group) items.push({ label: headings[choice.group], kind: vscode.QuickPickItemKind.Separator });
    group = choice.group;
    // A separator is the only row of a pick that cannot be chosen.
    if (choice.note) items.push({ label: choice.label, kind: vscode.QuickPickItemKind.Separator });
    else items.push({ label: choice.label, description: choice.description, model: choice.id });
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Compare Parameter Budgets'),
    placeHolder: vscode.l10n.t('Model to compare the methods on'),
    matchOnDescription: true,
  });
  return picked?.model === undefined ? null : { ...inputs, model: picked.model };
}
