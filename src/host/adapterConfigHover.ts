import * as vscode from 'vscode';
import type { AdapterDocuments } from './adapterDocuments';
import { ADAPTER_CONFIG, rangeOf, whileWanted } from './adapterDocuments';

/** Says in adapter_config.json what an entry means for this adapter; works on unsaved and half-typed text. */
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
