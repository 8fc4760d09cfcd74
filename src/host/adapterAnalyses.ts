import * as vscode from 'vscode';
import type { ConfigAnalysis } from '../protocol/planner';
import type { AdapterDocuments } from './adapterDocuments';
import { ADAPTER_CONFIG } from './adapterDocuments';
import type { ModelConfigs } from './modelConfigs';

interface Kept {
  readonly version: number;
  readonly surroundings: number;
  readonly controller: AbortController;
  readonly analysis: Promise<ConfigAnalysis | null>;
}

/** The planner's analysis of each open adapter_config.json, requested once for each state of the text. */
export class AdapterAnalyses implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when models or weights change, so that earlier analyses may be outdated. */
  readonly onDidChange = this.changed.event;
  private readonly analysed = new vscode.EventEmitter<void>();
  /** Fires when a new analysis is available. */
  readonly onDidAnalyse = this.analysed.event;
  private readonly kept = new Map<string, Kept>();
  private readonly subscriptions: vscode.Disposable[];
  private surroundings = 0;

  constructor(
    private readonly documents: AdapterDocuments,
    configs: ModelConfigs,
  ) {
    const weights = vscode.workspace.createFileSystemWatcher('**/adapter_model.safetensors');
    const refresh = (): void => {
      this.surroundings++;
      this.changed.fire();
    };
    this.subscriptions = [
      weights,
      weights.onDidCreate(refresh),
      weights.onDidChange(refresh),
      weights.onDidDelete(refresh),
      configs.onDidChange(refresh),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
    ];
  }

  /** `null` if the file is not a PEFT config, or if its text changes before the reply arrives. */
  async of(document: vscode.TextDocument): Promise<ConfigAnalysis | null> {
    const key = document.uri.toString();
    const { version } = document;
    let kept = this.kept.get(key);
    if (kept?.version !== version || kept.surroundings !== this.surroundings) {
      kept?.controller.abort();
      const controller = new AbortController();
      const analysis = this.ask(document, controller.signal);
      kept = { version, surroundings: this.surroundings, controller, analysis };
      this.kept.set(key, kept);
    }
    try {
      const analysis = await kept.analysis;
      return document.version === version ? analysis : null;
    } catch (error) {
      if (kept.controller.signal.aborted) return null;
      // The next request may reach a new thread, which answers.
      if (this.kept.get(key) === kept) this.kept.delete(key);
      throw error;
    }
  }

  dispose(): void {
    for (const { controller } of this.kept.values()) controller.abort();
    this.kept.clear();
    this.changed.dispose();
    this.analysed.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async ask(document: vscode.TextDocument, signal: AbortSignal): Promise<ConfigAnalysis | null> {
    const described = await this.documents.describe(document);
    const analysis = await this.documents.planner.request('config/analyse', described, { signal });
    // The caller that waits for this analysis runs first.
    setTimeout(() => this.analysed.fire());
    return analysis;
  }

  private forget(document: vscode.TextDocument): void {
    this.kept.get(document.uri.toString())?.controller.abort();
    this.kept.delete(document.uri.toString());
  }
}

export function isAdapterConfig(document: vscode.TextDocument): boolean {
  return vscode.languages.match(ADAPTER_CONFIG, document) > 0;
}
