import * as vscode from 'vscode';

/** The icon of our editor tabs; unlike the activity bar's, a tab's is not coloured by the theme. */
export function tabIcon(extensionUri: vscode.Uri): { light: vscode.Uri; dark: vscode.Uri } {
  const media = vscode.Uri.joinPath(extensionUri, 'media');
  return { light: vscode.Uri.joinPath(media, 'peft-light.svg'), dark: vscode.Uri.joinPath(media, 'peft-dark.svg') };
}
