/** `peft-inspector budget`: counts what an adapter_config.json trains on a model, as PEFT counts it. */

import { parseArgs } from 'node:util';
import type { Budget } from '../budget/computeBudget';
import { computeBudget } from '../budget/computeBudget';
import { hasModuleTable } from '../budget/readModelShape';
import { UsageError } from './command';
import type { Command } from './command';
import { readJson } from './readJson';
import { MODEL_OPTION, readModel } from './readModel';
import type { CliModel } from './readModel';
import { readTensorShapes } from './tensorShapes';
import { harmless } from './terminalText';
import { standInNote } from '../text/modelText';
import { formatCount, formatTrainableLine } from '../text/numberText';

/** Exit status of a count that leaves out parts of the model, so that a script cannot take it for the whole. */
const PARTIAL_STATUS = 3;

const OPTIONS = {
  model: { type: 'string' },
  adapter: { type: 'string' },
  weights: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const budgetCommand: Command = {
  name: 'budget',
  synopsis: 'budget --model <config.json | name> --adapter <adapter_config.json> [--json]',
  summary: "Count an adapter's trainable parameters, total, file size and parameters by module.",
  options: [
    MODEL_OPTION,
    '--adapter <adapter_config.json>   the config of a PEFT adapter',
    '--weights <file.safetensors>      read the modules from the header of the model file or of its index.json',
    '--json                            trainable, all, percent, fileBytes, modules, warnings, partial, model as JSON',
    '                                  exits with 3 if partial: the count leaves out parts of the model',
  ],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { model, adapter, weights } = values;
    if (model === undefined || adapter === undefined) {
      throw new UsageError(`--${model === undefined ? 'model' : 'adapter'} is missing`);
    }
    const base = await readModel(model);
    const stored = weights === undefined ? null : await readTensorShapes(weights, base.config);
    if (stored && !stored.complete && !hasModuleTable(base.config))
      throw new Error(
        `${weights}: the checkpoint is quantised, and its header does not give the shapes of the weights`,
      );
    const budget = computeBudget(base.config, await readJson(adapter), stored ? { tensors: stored.tensors } : {});
    const { title, standsInFor } = base;
    const output = values.json
      ? { json: { ...budget, model: { title, standsInFor } } }
      : { lines: linesOf(base, budget) };
    return budget.partial ? { ...output, status: PARTIAL_STATUS } : output;
  },
};

function linesOf(model: CliModel, budget: Budget): string[] {
  const { fileBytes, modules, warnings } = budget;
  const rows = modules.map(({ name, rank, trainable: own }) => [
    harmless(name),
    rank === null ? '' : `r=${rank}`,
    formatCount(own),
  ]);
  const widths = [0, 1, 2].map((column) => rows.reduce((max, row) => Math.max(max, row[column]?.length ?? 0), 0));
  const [nameWidth = 0, rankWidth = 0, countWidth = 0] = widths;
  return [
    harmless(`${formatTrainableLine(budget)}${standInNote(model)}`),
    `adapter file: ${formatCount(fileBytes)} bytes`,
    '',
    ...rows.map(
      ([name = '', rank = '', own = '']) =>
        `  ${name.padEnd(nameWidth)}  ${rank.padEnd(rankWidth)}  ${own.padStart(countWidth)}`,
    ),
    ...(warnings.length > 0 ? [''] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}
