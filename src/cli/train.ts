/** `peft-inspector train`: trains an adapter of a small language model and saves it as PEFT does. */

import { parseArgs } from 'node:util';
import type { AdapterFiles } from '../checkpoint/adapters/loraAdapter';
import { saveAdapter } from '../checkpoint/adapters/saveAdapter';
import { nodeFiles } from '../files/nodeFile';
import { isObject } from '../peftConfig/configValues';
import { DEFAULT_SEED, seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { formatCount } from '../text/numberText';
import { UsageError } from './command';
import type { Command } from './command';
import { readJson } from './readJson';
import { complain } from './terminal';
import type { Output } from './terminal';
import { interruptible } from './training/interrupt';
import { readModelFolder } from './training/modelFolder';
import type { ModelFolder } from './training/modelFolder';
import { readTrainingData } from './training/trainingData';
import { trainOnData } from './training/trainingLoop';
import {
  BOTTLENECK_METHODS,
  PEFT_METHODS,
  startBottleneck,
  startPeft,
  USUAL_LEARNING_RATE,
} from './training/trainingMethods';
import type { StartedAdapter } from './training/trainingMethods';
import { fraction, readNumber, wholeNumber } from './training/numberOptions';

const OPTIONS = {
  model: { type: 'string' },
  method: { type: 'string' },
  config: { type: 'string' },
  data: { type: 'string' },
  output: { type: 'string' },
  rank: { type: 'string' },
  alpha: { type: 'string' },
  target: { type: 'string' },
  dropout: { type: 'string' },
  tokens: { type: 'string' },
  bottleneck: { type: 'string' },
  steps: { type: 'string' },
  batch: { type: 'string' },
  'learning-rate': { type: 'string' },
  'weight-decay': { type: 'string' },
  seed: { type: 'string' },
  quiet: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const METHODS = [...Object.keys(PEFT_METHODS), ...Object.keys(BOTTLENECK_METHODS)];
/** Interval between two lines of progress. */
const PROGRESS_MS = 1000;

type Values = ReturnType<typeof parsed>;

export const trainCommand: Command = {
  name: 'train',
  synopsis: 'train --model <folder> --method <name> --data <file.jsonl> --output <folder> [--json]',
  summary: 'Train an adapter of a small language model (llama, mistral, qwen2, qwen3) and save it as PEFT does.',
  options: [
    '--model <folder>          config.json and safetensors files, at most 268 million parameters',
    `--method <name>           ${METHODS.join(', ')}`,
    '--config <file>           an adapter_config.json with all settings, instead of --method',
    '--data <file.jsonl>       lines of {"tokens": [ids], "labels": [ids, or -100 for no label]}; labels may be missing',
    '--output <folder>         gets adapter_config.json and the tensors; bottleneck adapters are saved for AdapterHub',
    '--rank <8> --alpha <16> --dropout <0>   LoRA and its variants',
    '--target <q_proj,v_proj>  modules of LoRA and IA3',
    '--tokens <20>             virtual tokens of a prefix or a prompt',
    '--bottleneck <16>         units of a bottleneck adapter',
    '--steps <200> --batch <8> updates, and lines for each',
    '--learning-rate <number> --weight-decay <0>   AdamW; 0.003 for LoRA and bottlenecks, 0.03 for the others',
    `--seed <${DEFAULT_SEED}>               start of the adapter, dropout, order of the lines`,
    '--quiet                   no progress on stderr',
    '--json                    parameters, trainable, losses of the steps, loss after training, files',
  ],
  async run(args) {
    const values = parsed(args);
    return interruptible((signal) => train(values, signal));
  },
};

function parsed(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { model, data, output, method, config } = values;
  if (model === undefined) throw new UsageError('--model is missing');
  if (data === undefined) throw new UsageError('--data is missing');
  if (output === undefined) throw new UsageError('--output is missing');
  if ((method === undefined) === (config === undefined))
    throw new UsageError(`expected either --method or --config, got ${method === undefined ? 'neither' : 'both'}`);
  if (method !== undefined && !METHODS.includes(method))
    throw new UsageError(`--method: expected one of ${METHODS.join(', ')}, got '${method}'`);
  const rank = wholeNumber('rank', values.rank, 8);
  return {
    model,
    data,
    output,
    method: method ?? null,
    config: config ?? null,
    settings: {
      rank,
      alpha: readNumber('alpha', values.alpha, 16),
      targets: values.target?.split(',').filter(Boolean) ?? null,
      dropout: fraction('dropout', values.dropout),
      virtualTokens: wholeNumber('tokens', values.tokens, 20),
      bottleneckDim: wholeNumber('bottleneck', values.bottleneck, 16),
    },
    steps: wholeNumber('steps', values.steps, 200),
    batchSize: wholeNumber('batch', values.batch, 8),
    learningRate:
      values['learning-rate'] === undefined ? null : readNumber('learning-rate', values['learning-rate'], 0),
    weightDecay: readNumber('weight-decay', values['weight-decay'], 0),
    seed: readNumber('seed', values.seed, DEFAULT_SEED),
    quiet: values.quiet ?? false,
    json: values.json ?? false,
  };
}

async function train(values: Values, signal: AbortSignal): Promise<Output> {
  const { steps, batchSize, weightDecay, output, json } = values;
  const model = await readModelFolder(values.model, signal);
  const data = await readTrainingData(values.data, model.decoder.shape.vocabSize ?? 0);
  const random = seededRandom(values.seed);
  const adapter = await startedAdapter(values, model, random);
  const usual = PEFT_METHODS[values.method ?? '']?.learningRate ?? USUAL_LEARNING_RATE;
  const { losses, tensors, loss } = await trainOnData({
    ...{ config: model.config, tensors: model.tensors, adapterConfig: adapter.config, adapterTensors: adapter.tensors },
    ...{ data, steps, batchSize, weightDecay, learningRate: values.learningRate ?? usual },
    random,
    onStep: values.quiet ? async () => {} : progressLines(steps),
    signal,
  });
  signal.throwIfAborted();
  const saved = await saveAdapter(nodeFiles, output, filesOf(adapter, tensors));
  const trainable = Object.values(tensors).reduce((sum, { size }) => sum + size, 0);
  const { parameters } = model;
  if (json) return { json: { parameters, trainable, losses, loss, files: saved } };
  const lines = data.tokens.length;
  return {
    lines: [
      `trained ${formatCount(trainable)} parameters on a model of ${formatCount(parameters)}`,
      `${formatCount(steps)} steps: loss ${figure(losses[0]!)} at the first, ${figure(losses.at(-1)!)} at the last`,
      `loss of all ${formatCount(lines)} lines after training: ${loss.toFixed(6)}`,
      ...saved.map((file) => `saved ${file}`),
    ],
  };
}

async function startedAdapter(values: Values, model: ModelFolder, random: Random): Promise<StartedAdapter> {
  const { method, config, settings } = values;
  if (method !== null && Object.hasOwn(BOTTLENECK_METHODS, method))
    return startBottleneck(model, BOTTLENECK_METHODS[method]!, settings.bottleneckDim, random);
  const given = config === null ? PEFT_METHODS[method!]!.config(settings) : await readJson(config);
  if (!isObject(given)) throw new UsageError(`--config: ${config} is not a JSON object`);
  return startPeft(model, values.model, given, random);
}

function filesOf({ config, weightsName }: StartedAdapter, tensors: StartedAdapter['tensors']): AdapterFiles {
  return {
    config,
    tensors: Object.entries(tensors).map(([name, { shape, data }]) => ({ name, dtype: 'F32', shape, data })),
    ...(weightsName !== undefined && { weightsName }),
  };
}

/** A line for the first step, the last step, and about once a second. */
function progressLines(steps: number): (done: number, loss: number) => Promise<void> {
  const started = performance.now();
  let reported = -Infinity;
  return async (done, loss) => {
    const now = performance.now();
    if (done < steps && now - reported < PROGRESS_MS) return;
    reported = now;
    const perSecond = (1000 * done) / (now - started);
    const rate = perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(2);
    await complain([`step ${done} of ${steps}: loss ${figure(loss)}, ${rate} steps/s`]);
  };
}

function figure(loss: number): string {
  return loss.toPrecision(4);
}
