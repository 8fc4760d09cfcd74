import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';

type WebviewName = 'inspector' | 'calculator' | 'comparison';

/** Scripts that load while a page's first script runs, because nearly every file shows a matrix at some point. */
const AHEAD: Readonly<Record<WebviewName, readonly string[]>> = {
  inspector: ['inspector-heatmap.js', 'inspector-matrices.js'],
  calculator: [],
  comparison: [],
};

/** Webviews load scripts, styles and pictures from these folders and from nowhere else. */
export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: [
      vscode.Uri.joinPath(extensionUri, 'dist', 'webview'),
      vscode.Uri.joinPath(extensionUri, 'media'),
    ],
  };
}

/**
 * The page of a webview. It runs the script with this page's nonce, and scripts of our own folder that this script
 * adds with the same nonce (webview-ui/shared/laterScripts.ts). It loads nothing else and communicates by messages.
 * The script and the styles are part of the page: as separate files, each would pass through four processes, and over
 * the network if the window is remote. Throws if they cannot be read.
 */
export function webviewHtml(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  name: WebviewName,
  title: string,
): string {
  const nonce = randomBytes(16).toString('base64');
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  const asset = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
  const read = (file: string): string => readFileSync(vscode.Uri.joinPath(folder, file).fsPath, 'utf8');
  // The escape is safe: the text occurs only in strings, templates and regular expressions, where it means the same.
  const script = read(`${name}.js`).replace(/<\/script/gi, '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
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
  <style nonce="${nonce}">${read(`${name}.css`)}</style>
${AHEAD[name].map((file) => `  <link rel="preload" as="script" nonce="${nonce}" href="${asset(file)}">`).join('\n')}
</head>
<body>
  <div id="app"></div>
  <script nonce="${nonce}" data-page="${name}" data-folder="${asset('')}/">${script}</script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
