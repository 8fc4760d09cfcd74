import type * as vscode from 'vscode';
import type { Message, Transport } from '../protocol/rpc';

/**
 * Messages to and from one webview. A view that is hidden or gone drops what is posted to it: the endpoint's dispose,
 * which its owner ties to the panel's, is what rejects those who wait.
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
