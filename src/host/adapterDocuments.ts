import * as vscode from 'vscode';
import type { AdapterDocument } from '../protocol/planner';
import type { CheckpointDescriptions } from './checkpointDescriptions';
import type { ModelConfigs } from './modelConfigs';
import type { PlannerClient } from './workerClient';

export const ADAPTER_CONFIG: vscode.DocumentSelector = [
  { language: 'json', pattern: '**/adapter_config.json' },
  { language: 'jsonc', pattern: '**/adapter_config.json' },
];

/** An adapter_config.json is a few kilobytes; a file far larger is none, and is not handed to another thread. */
const MAX_CHARACTERS = 1 << 20;

interface AdapterServices {
  readonly configs: ModelConfigs;
  readonly planner: PlannerClient;
  readonly descriptions: CheckpointDescriptions;
}

/** The adapter_config.json files in editors, as the planner is told of them. */
export class AdapterDocuments {
  constructor(private readonly services: AdapterServices) {}

  get planner(): PlannerClient {
    return this.services.planner;
  }

  /** The text as it stands in the editor, with the weights and the models around it. */
  async describe(document: vscode.TextDocument): Promise<AdapterDocument> {
    const { configs, descriptions } = this.services;
    const [weights, surroundings] = await Promise.all([
      descriptions.describe(vscode.Uri.joinPath(document.uri, '..', 'adapter_model.safetensors')),
      configs.surroundings(document.uri),
    ]);
    const text = document.getText();
    return { text: text.length > MAX_CHARACTERS ? '' : text, weights, ...surroundings };
  }
}

/** Aborts when the token is cancelled, for as long as `work` runs. */
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
