import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

export type WebviewName = 'inspector' | 'calculator' | 'comparison';

/** Fetched along with a page's first script, for nearly every file shows a matrix sooner or later. */
const AHEAD: Readonly<Record<WebviewName, readonly string[]>> = {
  inspector: ['inspector-heatmap.js', 'inspector-matrices.js'],
  calculator: [],
  comparison: [],
};

/** Where webviews load their scripts, styles and pictures from, and nothing else. */
export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview'), vscode.Uri.joinPath(extensionUri, 'media')],
  };
}

/**
 * The page of a webview: it runs the one script with this page's nonce, and those of our own folder that the script adds
 * with the same nonce (webview-ui/shared/laterScripts.ts), loads nothing else and talks by messages.
 */
export function webviewHtml(webview: vscode.Webview, extensionUri: vscode.Uri, name: WebviewName, title: string): string {
  const nonce = randomBytes(16).toString('base64');
  const asset = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data: blob:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(vscode.env.language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escapeHtml(title)}</title>
  <link rel="stylesheet" href="${asset(`${name}.css`)}">
${AHEAD[name].map((file) => `  <link rel="preload" as="script" nonce="${nonce}" href="${asset(file)}">`).join('\n')}
</head>
<body>
  <div id="app"></div>
  <script nonce="${nonce}" src="${asset(`${name}.js`)}"></script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
