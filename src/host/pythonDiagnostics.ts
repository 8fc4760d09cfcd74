import * as vscode from 'vscode';
import type { PythonFinding } from '../protocol/python';
import { onDidChangeCalculatorInputs } from './calculatorView';
import { hubConfigFix } from './hubConfig';
import type { PythonServices, PythonSource } from './pythonDocuments';
import { describePython, PYTHON, sourceOf, versionOf } from './pythonDocuments';
import { translated } from './translated';

const SOURCE = 'PEFT';
/** Long enough that no squiggle flickers while the user types a word. */
const TYPING_DELAY_MS = 400;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

/** What was found in one document: a file, or a cell of a notebook. */
interface Published {
  readonly finding: PythonFinding;
  readonly diagnostic: vscode.Diagnostic;
}

/** Reports the faults of config calls in Python as in adapter_config.json, and offers their fixes. */
class PythonDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('peft-python');
  private readonly published = new Map<string, readonly Published[]>();
  private readonly timers = new Map<PythonSource['owner'], NodeJS.Timeout>();
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly services: PythonServices,
    private readonly log: (line: string) => void,
  ) {
    this.subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidOpenTextDocument((document) => this.soon(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.soon(document, TYPING_DELAY_MS)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      services.configs.onDidChange(() => this.all()),
      onDidChangeCalculatorInputs(() => this.all()),
    );
    this.all();
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return (this.published.get(document.uri.toString()) ?? []).flatMap(({ finding, diagnostic }) => {
      const shown = diagnostics.find(
        ({ source, message, range }) =>
          source === SOURCE && message === diagnostic.message && range.isEqual(diagnostic.range),
      );
      return shown ? actionsOf(document, shown, finding) : [];
    });
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    vscode.Disposable.from(this.collection, this.subscriptions).dispose();
  }

  private all(): void {
    for (const document of vscode.workspace.textDocuments) this.soon(document, TYPING_DELAY_MS);
  }

  private soon(document: vscode.TextDocument, delay: number): void {
    if (document.languageId !== 'python') return;
    const source = sourceOf(document);
    if (!source) return;
    clearTimeout(this.timers.get(source.owner));
    const publish = async (): Promise<void> => {
      this.timers.delete(source.owner);
      // The cells of a notebook may have changed meanwhile.
      const now = sourceOf(document);
      if (now && !document.isClosed) await this.publish(now);
    };
    this.timers.set(
      source.owner,
      setTimeout(() => void publish(), delay),
    );
  }

  private forget({ uri }: vscode.TextDocument): void {
    this.collection.delete(uri);
    this.published.delete(uri.toString());
  }

  private async publish(source: PythonSource): Promise<void> {
    const version = versionOf(source);
    try {
      const program = await describePython(source, this.services);
      const { findings } = program
        ? await this.services.planner.request('python/findings', program)
        : { findings: [] as readonly PythonFinding[] };
      if (versionOf(source) !== version) return;
      source.parts.forEach((document, part) => {
        if (document.isClosed) return;
        const own = findings
          .filter(({ span }) => span.part === part)
          .map((finding) => ({ finding, diagnostic: diagnosticOf(document, finding) }));
        this.published.set(document.uri.toString(), own);
        this.collection.set(
          document.uri,
          own.map(({ diagnostic }) => diagnostic),
        );
      });
    } catch (error) {
      this.log(`${source.uri.path} was not checked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function rangeOf(document: vscode.TextDocument, { span }: PythonFinding): vscode.Range {
  return new vscode.Range(document.positionAt(span.from), document.positionAt(span.to));
}

function diagnosticOf(document: vscode.TextDocument, finding: PythonFinding): vscode.Diagnostic {
  const { code, severity, text } = finding;
  const diagnostic = new vscode.Diagnostic(rangeOf(document, finding), translated(text), SEVERITIES[severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = code;
  return diagnostic;
}

function actionsOf(
  document: vscode.TextDocument,
  diagnostic: vscode.Diagnostic,
  finding: PythonFinding,
): vscode.CodeAction[] {
  const action = (title: string): vscode.CodeAction => {
    const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    made.diagnostics = [diagnostic];
    return made;
  };
  const replacements = finding.fixes.map(({ title, newText }, index) => {
    const made = action(translated(title));
    made.isPreferred = index === 0;
    made.edit = new vscode.WorkspaceEdit();
    made.edit.replace(document.uri, rangeOf(document, finding), newText);
    return made;
  });
  if (finding.chooseFor === null) return replacements;
  const choose = action(vscode.l10n.t('Choose a base model...'));
  choose.command = { command: 'peft.chooseBaseModel', title: choose.title, arguments: [finding.chooseFor] };
  const fetch = hubConfigFix(finding.chooseFor);
  if (fetch) fetch.diagnostics = [diagnostic];
  return [...replacements, choose, ...(fetch ? [fetch] : [])];
}

export function registerPythonDiagnostics(services: PythonServices, log: (line: string) => void): vscode.Disposable {
  const diagnostics = new PythonDiagnostics(services, log);
  return vscode.Disposable.from(
    diagnostics,
    vscode.languages.registerCodeActionsProvider(PYTHON, diagnostics, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
  );
}
