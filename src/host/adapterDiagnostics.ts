import * as vscode from 'vscode';
import type { Finding, FindingCode } from '../protocol/planner';
import type { AdapterAnalyses } from './adapterAnalyses';
import { isAdapterConfig } from './adapterAnalyses';
import { ADAPTER_CONFIG, rangeOf } from './adapterDocuments';
import { hubConfigFix } from './hubConfig';
import { translated } from './translated';

const SOURCE = 'PEFT';
/** Long enough that no squiggle flickers while the user types a word. */
const TYPING_DELAY_MS = 250;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

const PEFT_REFERENCE = 'https://huggingface.co/docs/peft/package_reference/lora';
/** Codes that PEFT's own reference does not cover. */
const DOCUMENTATION: Partial<Record<FindingCode, string>> = {
  'rslora-alpha': 'https://huggingface.co/papers/2312.03732',
  'rank-not-served': 'https://docs.vllm.ai/',
  'base-not-found': 'https://huggingface.co/docs/huggingface_hub/guides/manage-cache',
};

/** Reports the faults of adapter_config.json, saved or not, as diagnostics. */
class AdapterDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('peft');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly analyses: AdapterAnalyses,
    private readonly log: (line: string) => void,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.soon(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.soon(document, TYPING_DELAY_MS)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      analyses.onDidChange(() => this.all()),
    ];
    this.all();
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    vscode.Disposable.from(this.collection, ...this.subscriptions).dispose();
  }

  private all(): void {
    for (const document of vscode.workspace.textDocuments) this.soon(document, 0);
  }

  private soon(document: vscode.TextDocument, delay: number): void {
    if (!isAdapterConfig(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => void this.publish(document), delay),
    );
  }

  private forget({ uri }: vscode.TextDocument): void {
    clearTimeout(this.timers.get(uri.toString()));
    this.timers.delete(uri.toString());
    this.collection.delete(uri);
  }

  private async publish(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    try {
      const analysis = await this.analyses.of(document);
      if (document.isClosed || document.version !== version) return;
      this.collection.set(
        document.uri,
        (analysis?.findings ?? []).map((finding) => diagnosticOf(document, finding)),
      );
    } catch (error) {
      this.log(`${document.uri.path} was not checked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function diagnosticOf(document: vscode.TextDocument, finding: Finding): vscode.Diagnostic {
  const { code, severity, text } = finding;
  const diagnostic = new vscode.Diagnostic(rangeOf(document, finding), translated(text), SEVERITIES[severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = { value: code, target: vscode.Uri.parse(DOCUMENTATION[code] ?? PEFT_REFERENCE) };
  return diagnostic;
}

/** Offers fixes for the diagnostics. */
class AdapterFixes implements vscode.CodeActionProvider {
  constructor(private readonly analyses: AdapterAnalyses) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const ours = diagnostics.filter(({ source }) => source === SOURCE);
    const analysis = ours.length > 0 ? await this.analyses.of(document) : null;
    if (!analysis) return [];
    return ours.flatMap((diagnostic) => {
      const finding = analysis.findings.find(
        (each) => each.code === codeOf(diagnostic) && rangeOf(document, each).isEqual(diagnostic.range),
      );
      return finding ? actionsOf(document, diagnostic, finding, analysis.wanted) : [];
    });
  }
}

function actionsOf(
  document: vscode.TextDocument,
  diagnostic: vscode.Diagnostic,
  { fixes }: Finding,
  wanted: string | null,
): vscode.CodeAction[] {
  return fixes.flatMap(({ title, edits, choosesBaseModel }, index) => {
    const action = new vscode.CodeAction(translated(title), vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    if (choosesBaseModel) {
      action.command = { command: 'peft.chooseBaseModel', title: action.title, arguments: [wanted] };
      const fetch = wanted === null ? null : hubConfigFix(wanted);
      if (fetch) fetch.diagnostics = [diagnostic];
      return fetch ? [action, fetch] : [action];
    }
    action.isPreferred = index === 0;
    action.edit = new vscode.WorkspaceEdit();
    for (const edit of edits) action.edit.replace(document.uri, rangeOf(document, edit), edit.newText);
    return [action];
  });
}

function codeOf({ code }: vscode.Diagnostic): unknown {
  return typeof code === 'object' ? code.value : code;
}

export function registerAdapterDiagnostics(analyses: AdapterAnalyses, log: (line: string) => void): vscode.Disposable {
  return vscode.Disposable.from(
    new AdapterDiagnostics(analyses, log),
    vscode.languages.registerCodeActionsProvider(ADAPTER_CONFIG, new AdapterFixes(analyses), {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
  );
}
