import { strict as assert } from 'node:assert';
import { atOnce } from '../../../src/checkpoint/steps';
import type { PythonConfigCall, PythonProgram } from '../../../src/protocol/python';
import { readProgram } from '../../../src/python/readProgram';

/** Reads one file. */
export function readFile(text: string): PythonProgram {
  return atOnce(readProgram([{ text, notebookCell: false }]));
}

/** The only config call of a file. */
export function readOne(text: string): PythonConfigCall {
  const { configs } = readFile(text);
  assert.equal(configs.length, 1, text);
  return configs[0] as PythonConfigCall;
}
