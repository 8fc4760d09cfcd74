import * as vscode from 'vscode';
import type { AdapterDocuments } from './adapterDocuments';
import { ADAPTER_CONFIG, rangeOf, whileWanted } from './adapterDocuments';

/** Explains the entries of adapter_config.json in hovers. Works on unsaved and incomplete text. */
export function registerAdapterConfigHover(documents: AdapterDocuments): vscode.Disposable {
  return vscode.languages.registerHoverProvider(ADAPTER_CONFIG, {
    provideHover: (document, position, token) =>
      whileWanted(token, async (signal) => {
        const { version } = document;
        const offset = document.offsetAt(position);
        const described = await documents.describe(document);
        if (document.version !== version) return null;
        const hover = await documents.planner.request('config/hover', { ...described, offset }, { signal });
        if (!hover || document.version !== version) return null;
        return new vscode.Hover(new vscode.MarkdownString(hover.markdown), rangeOf(document, hover));
      }),
  });
}
