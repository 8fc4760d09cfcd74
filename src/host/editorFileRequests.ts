import * as vscode from 'vscode';
import type { Handlers, Params } from '../protocol/rpc';
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
    'redirect/allow': allowRedirect,
    'hub/token': () => token.get(),
  };
}

/** Closing the question refuses. */
async function allowRedirect({ from, to, address }: Params<EditorRequests['redirect/allow']>): Promise<boolean> {
  const follow = vscode.l10n.t('Follow Redirect');
  const detail = vscode.l10n.t(
    '{0} has the address {1}, which is on this machine or its network. ' +
      'A server on the Internet seldom has a reason to send you there.',
    to,
    address,
  );
  const message = vscode.l10n.t('{0} redirects to {1}. Follow the redirect?', from, to);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, follow)) === follow;
}
