import * as vscode from 'vscode';
import type { PackedJson } from '../protocol/packedDescription';
import type { PlannerQuestions, WeightsReference } from '../protocol/planner';
import type { Handlers } from '../protocol/rpc';
import { RemoteError } from '../protocol/rpc';
import type { EditorRequests } from '../protocol/worker';
import type { WorkerClient } from './workerClient';

/** An adapter of 100,000 modules takes this much, and its parsed summary about 60 MB. */
const MAX_SUMMARY_CHARACTERS = 24 << 20;

/** Answers the planner's questions about files that only the editor or the worker can read. */
export function plannerQuestions(worker: WorkerClient, editor: Handlers<EditorRequests>): Handlers<PlannerQuestions> {
  return {
    'file/read': editor['file/read'],
    'weights/summarise': async ({ uri }, { signal, transfer }) => {
      const packed = await summarise(worker, vscode.Uri.parse(uri, true), signal);
      if (packed) transfer(packed.json.buffer);
      return packed;
    },
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

async function summarise(worker: WorkerClient, uri: vscode.Uri, signal: AbortSignal): Promise<PackedJson | null> {
  const params = { path: uri.fsPath, maxCharacters: MAX_SUMMARY_CHARACTERS };
  try {
    return await worker.request('weights/summarise', params, { signal });
  } catch (error) {
    // The worker cannot read the file. Any other error may pass, so the planner must not remember it as an answer.
    if (error instanceof RemoteError) return null;
    throw error;
  }
}
