import * as vscode from 'vscode';
import { whileWanted } from './adapterDocuments';
import type { PythonServices } from './pythonDocuments';
import { describePython, PYTHON, sourceOf } from './pythonDocuments';

/** Explains a config class or its arguments in a Python program, for the model that they apply to. */
export function registerPythonHover(services: PythonServices): vscode.Disposable {
  return vscode.languages.registerHoverProvider(PYTHON, {
    provideHover: (document, position, token) =>
      whileWanted(token, async (signal) => {
        const source = sourceOf(document);
        const { version } = document;
        const program = source && (await describePython(source, services));
        if (!program || document.version !== version) return null;
        const at = { part: source.parts.indexOf(document), offset: document.offsetAt(position) };
        const hover = await services.planner.request('python/hover', { ...program, ...at }, { signal });
        if (!hover || document.version !== version) return null;
        const range = new vscode.Range(document.positionAt(hover.span.from), document.positionAt(hover.span.to));
        return new vscode.Hover(new vscode.MarkdownString(hover.markdown), range);
      }),
  });
}
