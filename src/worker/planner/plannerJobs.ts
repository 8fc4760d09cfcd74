/** Everything the planner can be asked, without a word about threads: the handlers of its end of the channel. */

import { computeBudget } from '../../budget/computeBudget';
import { BudgetError } from '../../budget/errors';
import { PRESETS } from '../../budget/presets';
import type { BudgetInputs } from '../../protocol/calculator';
import type { AdapterBudget, PlannerRequests, ReportModel } from '../../protocol/planner';
import type { Handlers } from '../../protocol/rpc';
import { hoverText, isExplained } from './adapterConfigHoverText';
import type { BudgetModel } from './budgetReport';
import { computeReport } from './budgetReport';
import { reportAsCsv, reportAsMarkdown } from './budgetText';
import { baseModelName, entryAt, readConfigDocument } from './configDocument';
import { customModel } from './customModel';
import type { ModelFiles } from './modelFiles';
import type { FoundModel } from './models';
import { Models } from './models';

export function createPlannerJobs(files: ModelFiles): Handlers<PlannerRequests> {
  const models = new Models(files);

  const reportModel = async (inputs: BudgetInputs, model: ReportModel): Promise<BudgetModel> => {
    if (model.kind === 'custom') return customModel(inputs);
    if (model.kind === 'missing')
      return { title: model.title, errors: [{ field: 'model', message: model.message }] };
    const message = 'The model cannot be read.';
    return (await models.find(model)) ?? { title: 'Not found', errors: [{ field: 'model', message }] };
  };

  return {
    'presets/list': () => PRESETS.map(({ id, title }) => ({ id, title })),

    'budget/report': async ({ inputs, model }) => computeReport(inputs, await reportModel(inputs, model)),

    'budget/text': ({ report, format }) => (format === 'csv' ? reportAsCsv(report) : reportAsMarkdown(report)),

    'budget/adapter': async ({ adapterConfig, model }) => adapterBudget(adapterConfig, await models.find(model)),

    async 'config/hover'({ text, offset, weights, ...surroundings }) {
      const document = readConfigDocument(text);
      const entry = document && entryAt(document, offset);
      if (!document || !entry || !isExplained(entry.path[0])) return null;
      const { config } = document;
      const base = await models.find({ kind: 'named', name: baseModelName(config), ...surroundings });
      const markdown = hoverText(entry.path, { config, weights, base });
      return markdown === null ? null : { offset: entry.node.offset, length: entry.node.length, markdown };
    },
  };
}

function adapterBudget(adapterConfig: unknown, model: FoundModel | null): AdapterBudget {
  const nothing = { modelTitle: model?.title ?? null, counted: null, warnings: [] };
  if (!model) return { ...nothing, problem: 'The base model was not found.' };
  try {
    const { trainable, all, percent, fileBytes, warnings } = computeBudget(model.config, adapterConfig);
    return { ...nothing, counted: { trainable, all, percent, fileBytes }, warnings, problem: '' };
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { ...nothing, problem: error.message };
  }
}
