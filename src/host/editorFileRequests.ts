import * as vscode from 'vscode';
import type { Handlers } from '../protocol/rpc';
import type { EditorRequests } from '../protocol/worker';
import type { HubToken } from './hubToken';
import { readDocument } from './readDocument';

/** Answers the worker's requests for what only the editor has: files of virtual file systems, and secrets. */
export function editorFileRequests(token: HubToken): Handlers<EditorRequests> {
  return {
    'file/read': async ({ uri: text, limit }, { signal, transfer }) => {
      const { bytes: read, size, modified } = await readDocument(vscode.Uri.parse(text, true), limit, signal);
      if (read === null) return { bytes: null, size, modified };
      const whole = read.byteLength === read.buffer.byteLength && read.buffer instanceof ArrayBuffer;
      const bytes = new Uint8Array(whole ? (read.buffer as ArrayBuffer) : read);
      transfer(bytes.buffer);
      return { bytes, size, modified };
    },
    'file/names': async ({ uri }) => {
      const entries = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(vscode.Uri.parse(uri, true), '..'));
      return entries.map(([name]) => name);
    },
    'hub/token': () => token.get(),
  };
}
