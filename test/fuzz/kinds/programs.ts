/** Sends Python programs and notebooks through the reader of config calls, its lenses and its hovers. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { PythonDocument } from '../../../src/protocol/python';
import { damagedText, chance } from '../jsonText';
import type { FuzzCase, FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { memoryModels } from '../memoryModels';
import { pick } from '../mutate';
import { notebookText, pythonCells } from '../notebookText';
import { askPlanner, readPython } from '../plannerTrial';
import { damagedProgram, programText } from '../pythonText';
import type { Random } from '../../../src/tensor/random';

const HOVERS = 2;
/** Programs of people: one sets up adapters, the others are long. */
const WRITTEN = [
  'sample-workspace/train.py',
  'test/fixtures/golden/memory_simulated.py',
  'test/fixtures/lab/makeFamilies.py',
  'test/fixtures/gguf/makeFixtures.py',
];

export const python: FuzzKind = {
  name: 'python',
  cases: 10_000,
  maxBytes: null,
  load() {
    const written = writtenPrograms();
    return (random) => {
      const seed = chance(random, 0.3) ? pick(random, written) : programText(random);
      const text = chance(random, 0.8) ? damagedProgram(random, seed) : seed;
      return programCase(random, text, [{ text, notebookCell: false }]);
    };
  },
};

export const notebooks: FuzzKind = {
  name: 'notebooks',
  cases: 10_000,
  maxBytes: null,
  load() {
    const written = writtenPrograms();
    return (random) => {
      const whole = notebookText(random, written);
      const text = chance(random, 0.3) ? new TextDecoder().decode(damagedText(random, whole)) : whole;
      // A notebook that is opened as text can be given the language Python by hand.
      const asText = [{ text, notebookCell: false }];
      return programCase(random, text, chance(random, 0.1) ? asText : pythonCells(text));
    };
  },
};

function programCase(random: Random, shown: string, parts: PythonDocument['parts'] | null): FuzzCase {
  const numbers = repeatable(random);
  const run = async (): Promise<string> => {
    if (parts === null) return 'refused by the editor';
    return readPython(askPlanner(memoryModels(new Map(), null)), parts, numbers(), HOVERS);
  };
  return { shown, run };
}

function writtenPrograms(): string[] {
  return WRITTEN.map((file) => readFileSync(path.resolve(process.cwd(), file), 'utf8'));
}
