/** Makes notebooks (.ipynb) from a grammar, and reads them as the editor does before it asks for their lenses. */

import { JsonError, parseJson } from '../../src/peftConfig/parseJson';
import type { PythonDocument } from '../../src/protocol/python';
import type { Random } from '../../src/tensor/random';
import { chance, jsonList, jsonObject, jsonString, jsonValue, several } from './jsonText';
import { pick } from './mutate';
import { damagedProgram, programText } from './pythonText';

const LANGUAGES = ['python', 'python', 'python', 'markdown', 'sql', 'Python', '__proto__'];

/** The text of a notebook. Its cells may have any types, and its JSON may be wrong in places. */
export function notebookText(random: Random, programs: readonly string[]): string {
  const cells = several(random, 8, () => (chance(random, 0.9) ? cellText(random, programs) : jsonValue(random, 2)));
  const language = jsonObject(random, [['"name"', JSON.stringify(pick(random, LANGUAGES))]]);
  return jsonObject(random, [
    ['"cells"', chance(random, 0.97) ? jsonList(cells) : jsonValue(random)],
    ['"metadata"', chance(random, 0.9) ? jsonObject(random, [['"language_info"', language]]) : jsonValue(random)],
    ['"nbformat"', pick(random, ['4', '4', '4', '4', '3', '"4"', 'null'])],
    ['"nbformat_minor"', jsonValue(random, 0)],
  ]);
}

function cellText(random: Random, programs: readonly string[]): string {
  const program = chance(random, 0.5) ? pick(random, programs) : programText(random);
  const code = chance(random, 0.4) ? damagedProgram(random, program) : program;
  const source = pick(random, [
    () => JSON.stringify(code),
    () => JSON.stringify(code.split(/(?<=\n)/)),
    () => jsonList([...code.split(/(?<=\n)/).map((line) => JSON.stringify(line)), jsonValue(random, 1)]),
    () => jsonValue(random),
  ])();
  const own = JSON.stringify({ vscode: { languageId: pick(random, LANGUAGES) } });
  return jsonObject(random, [
    [
      '"cell_type"',
      pick(random, ['"code"', '"code"', '"code"', '"markdown"', '"raw"', 'null', '7', jsonString(random)]),
    ],
    ['"source"', source],
    ['"outputs"', chance(random, 0.9) ? '[]' : jsonValue(random)],
    ['"metadata"', chance(random, 0.8) ? '{}' : pick(random, [own, jsonValue(random)])],
  ]);
}

type Cell = Readonly<Record<string, unknown>>;

/**
 * The Python cells of a notebook, or `null` for a file that the editor refuses. The extension gets notebooks from the
 * editor, which joins the lines of a cell, makes text of any other source, and takes a cell's language from its
 * metadata, then from the notebook's.
 */
export function pythonCells(text: string): PythonDocument['parts'] | null {
  let notebook: unknown;
  try {
    notebook = parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
  const { cells, metadata } = record(notebook);
  if (!Array.isArray(cells)) return null;
  const language = record(record(metadata)['language_info'])['name'] ?? 'python';
  return cells.map(record).flatMap((cell: Cell) => {
    if (cell['cell_type'] !== 'code') return [];
    const own = record(record(cell['metadata'])['vscode'])['languageId'] ?? language;
    return own === 'python' ? [{ text: sourceText(cell['source']), notebookCell: true }] : [];
  });
}

function sourceText(source: unknown): string {
  const lines: readonly unknown[] = Array.isArray(source) ? source : [source ?? ''];
  return lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('');
}

function record(value: unknown): Cell {
  return typeof value === 'object' && value !== null ? (value as Cell) : {};
}
