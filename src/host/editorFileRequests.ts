import * as vscode from 'vscode';
import type { Handlers } from '../protocol/rpc';
import type { EditorRequests } from '../protocol/worker';
import type { HubToken } from './hubToken';

/** Answers the worker's requests for what only the editor has: files of virtual file systems, and secrets. */
export function editorFileRequests(token: HubToken): Handlers<EditorRequests> {
  return {
    'file/read': async ({ uri: text, limit }, { signal, transfer }) => {
      const uri = vscode.Uri.parse(text, true);
      const { size, mtime } = await vscode.workspace.fs.stat(uri);
      if (size > limit) return { bytes: null, size, modified: mtime };
      // The editor cannot cancel a read, but bytes that are no longer wanted are not sent on.
      const read = await vscode.workspace.fs.readFile(uri);
      signal.throwIfAborted();
      // Some file systems do not report a size.
      if (read.length > limit) return { bytes: null, size: read.length, modified: mtime };
      const whole = read.byteLength === read.buffer.byteLength && read.buffer instanceof ArrayBuffer;
      const bytes = new Uint8Array(whole ? (read.buffer as ArrayBuffer) : read);
      transfer(bytes.buffer);
      return { bytes, size: bytes.length, modified: mtime };
    },
    'file/names': async ({ uri }) => {
      const entries = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(vscode.Uri.parse(uri, true), '..'));
      return entries.map(([name]) => name);
    },
    'hub/token': () => token.get(),
  };
}
