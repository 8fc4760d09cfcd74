import * as vscode from 'vscode';
import type { BudgetInputs } from '../protocol/calculator';
import type { PythonLens } from '../protocol/python';
import { onDidChangeCalculatorInputs } from './calculatorView';
import type { PythonServices, PythonSource } from './pythonDocuments';
import { describePython, PYTHON, sourceOf, versionOf } from './pythonDocuments';
import { translated } from './translated';

/** Typing in one cell changes the lenses of others, so they refresh once typing pauses. */
const REFRESH_DELAY_MS = 400;

interface Kept {
  readonly version: string;
  readonly lenses: Promise<readonly PythonLens[]>;
  readonly controller: AbortController;
}

/** Lenses over each config and each `get_peft_model`: what is trained on the model that the program names. */
class PythonLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private kept = new WeakMap<PythonSource['owner'], Kept>();
  private timer: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable;

  constructor(private readonly services: PythonServices) {
    this.subscriptions = vscode.Disposable.from(
      services.configs.onDidChange(() => this.forget()),
      onDidChangeCalculatorInputs(() => this.forget()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // The editor asks again for a changed document, but not for the other cells of its notebook.
        if (document.uri.scheme === 'vscode-notebook-cell' && document.languageId === 'python') this.refreshSoon();
      }),
    );
  }

  async provideCodeLenses(
    document: vscode.TextDocument,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeLens[] | null> {
    const source = sourceOf(document);
    if (!source) return null;
    const { version } = document;
    const lenses = await this.lenses(source);
    if (token.isCancellationRequested || document.version !== version) return null;
    const part = source.parts.indexOf(document);
    return lenses
      .filter(({ span }) => span.part === part)
      .flatMap((lens) => {
        const range = new vscode.Range(document.positionAt(lens.span.from), document.positionAt(lens.span.to));
        return this.commandsOf(lens).map((command) => new vscode.CodeLens(range, command));
      });
  }

  private commandsOf(lens: PythonLens): readonly vscode.Command[] {
    const figures = {
      title: translated(lens.title),
      tooltip: translated(lens.tooltip),
      command: lens.comparison ? 'peft.compareBudgets' : '',
      arguments: [this.inputsOf(lens)],
    };
    if (lens.chooseFor === null) return [figures];
    const title = vscode.l10n.t('Choose the base model');
    return [figures, { title, command: 'peft.chooseBaseModel', arguments: [lens.chooseFor] }];
  }

  /** Asks the planner once for each state of the program and cancels the request for an older state. */
  private lenses(source: PythonSource): Promise<readonly PythonLens[]> {
    const version = versionOf(source);
    const kept = this.kept.get(source.owner);
    if (kept?.version === version) return kept.lenses;
    kept?.controller.abort();
    const controller = new AbortController();
    const lenses = this.ask(source, controller.signal);
    this.kept.set(source.owner, { version, lenses, controller });
    return lenses;
  }

  private async ask(source: PythonSource, signal: AbortSignal): Promise<readonly PythonLens[]> {
    try {
      const program = await describePython(source, this.services);
      return program ? await this.services.planner.request('python/lenses', program, { signal }) : [];
    } catch (error) {
      // The request was cancelled for a newer state, or the thread died. The log reports a death.
      if (!signal.aborted) this.kept.delete(source.owner);
      if (error instanceof Error && ['CancelledError', 'DisconnectedError'].includes(error.name)) return [];
      throw error;
    }
  }

  /** The calculator's inputs with the settings of the call. If they name no model, the comparison asks for one. */
  private inputsOf({ comparison }: PythonLens): BudgetInputs | undefined {
    if (!comparison?.model) return undefined;
    const { model, standsInFor, method, targets } = comparison;
    const { standsInFor: _, ...inputs } = this.services.calculatorInputs();
    const id = 'preset' in model ? `preset:${model.preset}` : `file:${vscode.Uri.file(model.path).toString()}`;
    const kinds = new Set(targets.map(([kind]) => kind));
    return {
      ...inputs,
      model: id,
      ...(standsInFor !== null && { standsInFor }),
      basis: 'exact',
      method: { ...inputs.method, ...method },
      targets: [...inputs.targets.filter(([kind]) => !kinds.has(kind)), ...targets],
    };
  }

  private forget(): void {
    this.kept = new WeakMap();
    this.changed.fire();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed.fire(), REFRESH_DELAY_MS);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
    this.changed.dispose();
  }
}

export function registerPythonLens(services: PythonServices): vscode.Disposable {
  const lenses = new PythonLenses(services);
  return vscode.Disposable.from(lenses, vscode.languages.registerCodeLensProvider(PYTHON, lenses));
}
