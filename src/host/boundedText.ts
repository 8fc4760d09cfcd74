import type * as vscode from 'vscode';

/** The texts of documents; `null` if they are longer than `maxCharacters` together. No long text is put together. */
export function boundedTexts(documents: readonly vscode.TextDocument[], maxCharacters: number): string[] | null {
  const characters = documents.reduce((sum, document) => sum + lengthOf(document), 0);
  return characters > maxCharacters ? null : documents.map((document) => document.getText());
}

function lengthOf(document: vscode.TextDocument): number {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
}
