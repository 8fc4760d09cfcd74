/** Sends patterns and names of modules through the engine of patterns, the planner, the worker and the command line. */

import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PRESETS } from '../../../src/budget/presets';
import { Matching } from '../../../src/peftConfig/matching';
import { dottedPatternList, patternList } from '../../../src/peftConfig/patternList';
import { PythonPattern } from '../../../src/peftConfig/pythonPattern';
import type { Random } from '../../../src/tensor/random';
import { runCommand, temporaryFolder } from '../cliTrial';
import { chance, several } from '../jsonText';
import type { FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { loraFile } from '../loraFile';
import { memoryModels } from '../memoryModels';
import { below, pick } from '../mutate';
import { moduleName, patternText, plainName, plainPattern } from '../patternText';
import { analyseDocument, askPlanner, hoverDocument } from '../plannerTrial';
import { named, tryCase } from '../trial';
import { typedCode } from '../typedErrors';

/** Each hover is a request with a budget of steps of its own. */
const HOVERS = 1;
const PAIRS = 20;

interface Patterns {
  /** A case has at least one. */
  readonly texts: readonly string[];
  readonly names: readonly string[];
  readonly folder: string;
}

type Look = (given: Patterns, random: Random) => Promise<string>;

export const patterns: FuzzKind = {
  name: 'patterns',
  cases: 10_000,
  maxBytes: null,
  load() {
    const folder = temporaryFolder();
    return (random) => {
      const look = pick(random, LOOKS);
      const texts = [patternText(random), ...several(random, 8, () => patternText(random))];
      const names = several(random, 30, () => moduleName(random));
      const numbers = repeatable(random);
      const shown = `${look.name}: ${texts.join('\n')}\n${names.join('\n')}`;
      return { shown, run: () => look({ texts, names, folder }, numbers()) };
    };
  },
};

const match: Look = async ({ texts, names }) => {
  const matching = new Matching();
  let matched = 0;
  let refused = 0;
  matching.run(() => {
    for (const text of texts) {
      try {
        const entries = [[text, 1]] as const;
        const [pattern, keys, dotted] = [new PythonPattern(text), patternList(entries), dottedPatternList(entries)];
        for (const name of names) {
          const found = [pattern.fullMatch(name), pattern.match(name), keys.valueFor(name), dotted.valueFor(name)];
          if (found.some(Boolean)) matched++;
        }
      } catch (error) {
        typedCode(error);
        refused++;
      }
    }
  });
  if (matching.isExhausted) return 'out of steps';
  return `${matched > 0 ? 'matched' : 'not matched'}${refused > 0 ? ', some refused' : ''}`;
};

/** JavaScript's engine is the oracle for the syntax that it shares with Python's. */
const compare: Look = async (_, random) => {
  const text = plainPattern(random);
  const oracle = new RegExp(`^(?:${text})$`);
  const pattern = new PythonPattern(text);
  let matched = 0;
  for (let left = PAIRS; left > 0; left--) {
    const name = plainName(random);
    const expected = oracle.test(name);
    if (pattern.fullMatch(name) !== expected) throw new Error(`${text} on '${name}': expected ${expected}`);
    if (expected) matched++;
  }
  return matched > 0 ? 'agreed on matches' : 'agreed';
};

/** A config with the patterns under every key that takes some. */
function configOf({ texts, names }: Patterns, random: Random): string {
  const numbers = Object.fromEntries(texts.map((text) => [text, below(random, 64)]));
  const list = chance(random, 0.5) ? texts[0] : names.slice(0, 5);
  return JSON.stringify({
    peft_type: pick(random, ['LORA', 'LORA', 'LORA', 'IA3', 'OFT', 'FOURIERFT', 'C3A', 'ADALORA', 'DELORA']),
    base_model_name_or_path: pick(random, PRESETS).title,
    r: 8,
    target_modules: list,
    ...(chance(random, 0.4) && { exclude_modules: texts.at(-1) }),
    ...(chance(random, 0.3) && { layers_to_transform: [0, 1], layers_pattern: pick(random, [texts.at(-1), texts]) }),
    ...(chance(random, 0.2) && { modules_to_save: names.slice(0, 3) }),
    ...(chance(random, 0.5) && { rank_pattern: numbers, lambda_pattern: numbers, n_frequency_pattern: numbers }),
    ...(chance(random, 0.5) && { alpha_pattern: numbers, block_size_pattern: numbers }),
  });
}

const nowhere = { folder: null, localFolder: null, workspace: [], weights: null };

const analyse: Look = (given, random) =>
  analyseDocument(askPlanner(memoryModels(new Map(), null)), { text: configOf(given, random), ...nowhere });

const hover: Look = (given, random) => {
  const ask = askPlanner(memoryModels(new Map(), null));
  return hoverDocument(ask, { text: configOf(given, random), ...nowhere }, random, HOVERS);
};

const open: Look = async (given, random) => {
  const adapter = new TextEncoder().encode(configOf(given, random));
  const beside = new Map([['adapter_config.json', adapter]]);
  return named(await tryCase({ name: 'adapter_model.safetensors', bytes: loraFile(given.names), beside }));
};

const command: Look = async (given, random) => {
  const adapter = path.join(given.folder, 'adapter_config.json');
  writeFileSync(adapter, configOf(given, random));
  return runCommand('budget', ['--model', pick(random, PRESETS).id, '--adapter', adapter]);
};

const LOOKS: readonly Look[] = [match, match, compare, analyse, hover, open, command];
