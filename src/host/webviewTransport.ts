import type * as vscode from 'vscode';
import type { Message, Transport } from '../protocol/rpc';

/**
 * Messages to and from one webview. A hidden or closed view drops messages. Its owner disposes the endpoint with the
 * panel, which rejects pending requests.
 */
export function webviewTransport(webview: vscode.Webview): Transport {
  return {
    post: (message) => void webview.postMessage(message),
    listen: (handler) => {
      const subscription = webview.onDidReceiveMessage((message: Message) => handler(message));
      return () => subscription.dispose();
    },
  };
}
