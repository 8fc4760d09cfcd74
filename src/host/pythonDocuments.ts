import * as vscode from 'vscode';
import type { BudgetInputs } from '../protocol/calculator';
import { MAX_PROGRAM_CHARACTERS } from '../protocol/python';
import type { PythonDocument } from '../protocol/python';
import { boundedTexts } from './boundedText';
import type { ModelConfigs } from './modelConfigs';
import type { PlannerClient } from './workerClient';

/** Both Python files and cells of notebooks. */
export const PYTHON: vscode.DocumentSelector = { language: 'python' };

/**
 * A program that sets up an adapter names the package or one of its classes. The planner gets no request for any other
 * program, so that it does not start for people who do not use PEFT.
 */
const HINT = /peft|(?:Lo[Rr][Aa]|LoHa|LoKr|IA3|FT|VeRA|Vera|Tuning|Prompt|Encoder|HRA|Bone|Miss|Road|Poly|OFT)Config\b/;

export interface PythonServices {
  readonly configs: ModelConfigs;
  readonly planner: PlannerClient;
  readonly calculatorInputs: () => BudgetInputs;
}

/** A Python file, or all Python cells of a notebook, which are read as one program. */
export interface PythonSource {
  /** The key under which results are cached. */
  readonly owner: vscode.TextDocument | vscode.NotebookDocument;
  readonly parts: readonly vscode.TextDocument[];
  readonly uri: vscode.Uri;
}

export function sourceOf(document: vscode.TextDocument): PythonSource | null {
  if (document.uri.scheme !== 'vscode-notebook-cell') return { owner: document, parts: [document], uri: document.uri };
  const path = document.uri.path;
  const notebook = vscode.workspace.notebookDocuments.find(
    (each) => each.uri.path === path && each.getCells().some((cell) => cell.document === document),
  );
  if (!notebook) return null;
  const cells = notebook.getCells().map((cell) => cell.document);
  return { owner: notebook, parts: cells.filter(({ languageId }) => languageId === 'python'), uri: notebook.uri };
}

/** Changes when the text of any part does. */
export function versionOf({ parts }: PythonSource): string {
  return parts.map(({ uri, version }) => `${uri.fragment}:${version}`).join(' ');
}

/** Describes the program to the planner; `null` if it sets up no adapter. */
export async function describePython(source: PythonSource, services: PythonServices): Promise<PythonDocument | null> {
  const texts = boundedTexts(source.parts, MAX_PROGRAM_CHARACTERS);
  if (!texts?.some((text) => HINT.test(text))) return null;
  const { configs } = services;
  const inputs = services.calculatorInputs();
  const notebookCell = 'getCells' in source.owner;
  const parts = texts.map((text) => ({ text, notebookCell }));
  const [surroundings, model] = await Promise.all([configs.surroundings(source.uri), configs.model(inputs)]);
  return { parts, ...surroundings, calculator: { inputs, model } };
}
