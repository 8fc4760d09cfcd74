import * as vscode from 'vscode';

/** The icon of our editor tabs. The theme does not colour it, unlike an icon of the activity bar. */
export function tabIcon(extensionUri: vscode.Uri): { light: vscode.Uri; dark: vscode.Uri } {
  const media = vscode.Uri.joinPath(extensionUri, 'media');
  return { light: vscode.Uri.joinPath(media, 'peft-light.svg'), dark: vscode.Uri.joinPath(media, 'peft-dark.svg') };
}
