import * as vscode from 'vscode';
import { unpackDescription } from '../protocol/packedDescription';
import type { AdapterWeights, PlannerQuestions, WeightsReference } from '../protocol/planner';
import type { Handlers } from '../protocol/rpc';
import { RemoteError } from '../protocol/rpc';
import type { ModelConfigs } from './modelConfigs';
import type { WorkerClient } from './workerClient';

/** Answers the planner's questions about files that only the editor or the worker can read. */
export function plannerQuestions(worker: WorkerClient, configs: () => ModelConfigs): Handlers<PlannerQuestions> {
  return {
    'model/config': async ({ uri }) => {
      const file = (await configs().files()).find((each) => each.uri.toString() === uri);
      return file?.config ?? null;
    },
    'weights/read': ({ uri }) => readWeights(worker, vscode.Uri.parse(uri, true)),
  };
}

/** `null` if there is no such local file. */
export async function weightsReference(uri: vscode.Uri): Promise<WeightsReference | null> {
  if (uri.scheme !== 'file') return null;
  try {
    const { size, mtime } = await vscode.workspace.fs.stat(uri);
    return { uri: uri.toString(), stamp: `${size}:${mtime}` };
  } catch {
    return null;
  }
}

/** Only the fields that the planner needs: the whole description of a large adapter takes megabytes. */
async function readWeights(worker: WorkerClient, uri: vscode.Uri): Promise<AdapterWeights | null> {
  try {
    const opened = await worker.request('checkpoint/open', { path: uri.fsPath });
    await worker.request('source/close', { source: opened.source });
    const { parameters, tensors, lora } = await unpackDescription(opened.description);
    return {
      parameters,
      tensors: tensors.map(({ name }) => ({ name })),
      lora: lora.map(({ module, rank, inFeatures, outFeatures, a, unavailable }) => ({
        module,
        rank,
        inFeatures,
        outFeatures,
        a,
        ...(unavailable !== undefined && { unavailable }),
      })),
    };
  } catch (error) {
    // The worker cannot read the file. Any other error may be temporary, so the planner must not cache it as an answer.
    if (error instanceof RemoteError) return null;
    throw error;
  }
}
