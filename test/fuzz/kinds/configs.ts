/** Sends damaged and generated configs of adapters and models through the editor's requests and the command line. */

import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DEFAULT_INPUTS } from '../../../src/host/budgetInputs';
import { JsonError, parseJson } from '../../../src/peftConfig/parseJson';
import { isObject, shownValue } from '../../../src/peftConfig/configValues';
import type { AdapterDocument } from '../../../src/protocol/planner';
import type { Random } from '../../../src/tensor/random';
import { runCommand, temporaryFolder } from '../cliTrial';
import type { ConfigFiles } from '../configText';
import { configMaker } from '../configText';
import { chance } from '../jsonText';
import type { FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { memoryModels } from '../memoryModels';
import { pick } from '../mutate';
import type { Case } from '../mutate';
import type { AskPlanner } from '../plannerTrial';
import { analyseDocument, askPlanner, hoverDocument } from '../plannerTrial';
import { fixtureCases } from '../seeds';
import { named, tryCase } from '../trial';

const ADAPTER = '/models/adapter/adapter_config.json';
const ADAPTER_URI = `file://${ADAPTER}`;
const MODEL = '/models/adapter/config.json';
const MODEL_FILE = { kind: 'file', title: 'the model', path: MODEL } as const;
const HOVERS = 3;
const SCANNED_BYTES = 1 << 20;

interface ConfigCase extends ConfigFiles {
  /** A checkpoint for the config to lie beside. */
  readonly weights: Case;
  readonly folder: string;
}

type Look = (given: ConfigCase, random: Random) => Promise<string>;

export const configs: FuzzKind = {
  name: 'configs',
  cases: 10_000,
  maxBytes: null,
  load() {
    const make = configMaker();
    const seeds = fixtureCases().filter(({ name }) => name.startsWith('adapter_model'));
    const folder = temporaryFolder();
    return (random) => {
      const look = pick(random, LOOKS);
      const given = { ...make(random), weights: pick(random, seeds), folder };
      const numbers = repeatable(random);
      const shown = `${look.name}: ${new TextDecoder().decode(given.adapter)}\n${new TextDecoder().decode(given.model)}`;
      return { shown, run: () => look(given, numbers()) };
    };
  },
};

function plannerFor({ adapter, model }: ConfigFiles): AskPlanner {
  const contents = new Map([
    [ADAPTER, adapter],
    [ADAPTER_URI, adapter],
    [MODEL, model],
  ]);
  return askPlanner(memoryModels(contents, null));
}

function documentOf({ adapter }: ConfigFiles): AdapterDocument {
  const folder = 'file:///models/adapter';
  const beside = { title: 'the model', folder, name: 'adapter', ownName: null, file: MODEL_FILE };
  const text = new TextDecoder().decode(adapter);
  return { text, weights: null, folder, localFolder: '/models/adapter', workspace: [beside] };
}

const analyse: Look = (given) => analyseDocument(plannerFor(given), documentOf(given));

const hover: Look = (given, random) => hoverDocument(plannerFor(given), documentOf(given), random, HOVERS);

/** The base model is looked for by the name in the config: on the disk, in the cache of the Hub, among the presets. */
const find: Look = (given) => analyseDocument(plannerFor(given), { ...documentOf(given), workspace: [] });

const scan: Look = async (given) => {
  const ask = plannerFor(given);
  const files = [{ path: ADAPTER }, { uri: MODEL }, { path: MODEL }];
  const models = await ask('models/scan', { files, maxBytes: SCANNED_BYTES });
  const listed = { uri: 'file:///models/adapter', prefix: '', files: [ADAPTER_URI], stopped: false };
  const { rows } = await ask('adapters/page', { search: { revision: 1, folders: [listed] }, words: [], rows: 1 });
  const isAdapter = rows.some(({ facts }) => facts !== null && facts.method !== '');
  const isModel = models.facts.some((facts) => facts !== null);
  return `scanned, ${isAdapter ? 'an adapter' : 'no adapter'}, ${isModel ? 'a model' : 'no model'}`;
};

const calculate: Look = async (given, random) => {
  const config = parsed(given.adapter);
  if (!isObject(config)) return 'no object';
  const ask = plannerFor(given);
  const budget = await ask('budget/adapter', { adapterConfig: config, model: MODEL_FILE });
  const values = Object.entries(config).map(([key, value]) => [key, shownValue(value).slice(0, 64)] as const);
  const plan = {
    peftType: shownValue(config['peft_type']),
    values,
    targets: [],
    purpose: pick(random, ['training', 'inference'] as const),
    setup: [],
    inference: [],
    gpu: '24 GB',
    claim: shownValue(config['claim']),
  };
  const question = { plan, inputs: DEFAULT_INPUTS, model: MODEL_FILE };
  const { plan: report } = await ask('calculator/compute', { ...question, budget: chance(random, 0.3) });
  return `${budget.counted ? 'counted' : 'not counted'}, ${report.problem ? 'no plan' : 'planned'}`;
};

/** The config lies beside weights, which must be shown whatever it is. */
const open: Look = async ({ adapter, weights }) => {
  const beside = new Map([...weights.beside, ['adapter_config.json', adapter]]);
  const outcome = await tryCase({ ...weights, beside });
  if ('refused' in outcome) throw new Error(`the weights are refused as ${outcome.refused}`);
  return named(outcome);
};

const command: Look = async ({ adapter, model, folder }, random) => {
  const files = { adapter: path.join(folder, 'adapter_config.json'), model: path.join(folder, 'config.json') };
  writeFileSync(files.adapter, adapter);
  writeFileSync(files.model, model);
  const json = chance(random, 0.3) ? ['--json'] : [];
  const args = ['--model', files.model, '--adapter', files.adapter, ...json];
  if (chance(random, 0.5)) return runCommand('budget', args);
  return runCommand('memory', [...args, ...pick(random, [[], ['--inference'], ['--gpu', '24GB']])]);
};

const LOOKS: readonly Look[] = [analyse, hover, find, scan, calculate, open, command];

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
