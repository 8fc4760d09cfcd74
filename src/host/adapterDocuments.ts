import * as vscode from 'vscode';
import type { AdapterDocument } from '../protocol/planner';
import { boundedTexts } from './boundedText';
import type { ModelConfigs } from './modelConfigs';
import { weightsReference } from './plannerQuestions';
import type { PlannerClient } from './workerClient';

export const ADAPTER_CONFIG: vscode.DocumentSelector = [
  { language: 'json', pattern: '**/adapter_config.json' },
  { language: 'jsonc', pattern: '**/adapter_config.json' },
];

/** An adapter_config.json takes a few kilobytes. A far larger file is something else and is not sent to the planner. */
const MAX_CHARACTERS = 1 << 20;

interface AdapterServices {
  readonly configs: ModelConfigs;
  readonly planner: PlannerClient;
}

/** Describes the adapter_config.json files in editors to the planner. */
export class AdapterDocuments {
  constructor(private readonly services: AdapterServices) {}

  get planner(): PlannerClient {
    return this.services.planner;
  }

  /** The text in the editor, with references to the weights and models around it. */
  async describe(document: vscode.TextDocument): Promise<AdapterDocument> {
    const { configs } = this.services;
    const [weights, surroundings] = await Promise.all([
      weightsReference(vscode.Uri.joinPath(document.uri, '..', 'adapter_model.safetensors')),
      configs.surroundings(document.uri),
    ]);
    const [text = ''] = boundedTexts([document], MAX_CHARACTERS) ?? [];
    return { text, weights, ...surroundings };
  }
}

/** Runs `work` with a signal that aborts when the token is cancelled. `null` if it is. */
export async function whileWanted<T>(
  token: vscode.CancellationToken,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const controller = new AbortController();
  const subscription = token.onCancellationRequested(() => controller.abort());
  try {
    return await work(controller.signal);
  } catch (error) {
    if (token.isCancellationRequested) return null;
    throw error;
  } finally {
    subscription.dispose();
  }
}

export function rangeOf(
  document: vscode.TextDocument,
  { offset, length }: { readonly offset: number; readonly length: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}
