import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';

type WebviewName = 'inspector' | 'calculator' | 'comparison';

/** Fetched while a page's first script runs, for nearly every file shows a matrix sooner or later. */
const AHEAD: Readonly<Record<WebviewName, readonly string[]>> = {
  inspector: ['inspector-heatmap.js', 'inspector-matrices.js'],
  calculator: [],
  comparison: [],
};

/** Where webviews load their scripts, styles and pictures from, and nothing else. */
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
 * The page of a webview: it runs the one script with this page's nonce, and those of our own folder that the script adds
 * with the same nonce (webview-ui/shared/laterScripts.ts), loads nothing else and talks by messages. The script and the
 * styles stand in the page itself: fetched, each would go through four processes, and to another machine and back where
 * the window is a remote one. Throws where they cannot be read.
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
  // In a string, a template or a regular expression, the only places for it, it means the same.
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
