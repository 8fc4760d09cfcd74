/** Everything the planner can be asked, without a word about threads: the handlers of its end of the channel. */

import { PRESETS } from '../budget/presets';
import type { BudgetInputs } from '../protocol/calculator';
import type { PlannerRequests } from '../protocol/planner';
import type { ReportModel } from '../protocol/models';
import type { Handlers } from '../protocol/rpc';
import { analyseConfig } from './checks/analyse';
import { hoverText, isExplained } from './hover/adapterConfigHoverText';
import type { BudgetModel } from './calculator/budgetReport';
import { computeReport } from './calculator/budgetReport';
import { reportAsCsv, reportAsMarkdown } from './calculator/budgetText';
import { baseModelName, entryAt, readConfigDocument } from './configDocument';
import { adapterBudget, tensorsFor } from './countAdapter';
import { customModel } from './calculator/customModel';
import type { ModelFiles } from '../files/modelFiles';
import { Models } from './models/models';
import type * as planReader from './planReader';
import type { PythonReader } from './pythonJobs';
import { createPythonJobs } from './pythonJobs';

export function createPlannerJobs(
  files: ModelFiles,
  loadPython: () => Promise<PythonReader>,
  loadPlans: () => Promise<typeof planReader>,
): Handlers<PlannerRequests> {
  const models = new Models(files);

  const reportModel = async (inputs: BudgetInputs, model: ReportModel): Promise<BudgetModel> => {
    if (model.kind === 'custom') return customModel(inputs);
    if (model.kind === 'missing') return { title: model.title, errors: [{ field: 'model', message: model.message }] };
    const message = 'The model cannot be read.';
    return (await models.find(model)) ?? { title: 'Not found', errors: [{ field: 'model', message }] };
  };

  return {
    ...createPythonJobs(models, loadPython),

    'presets/list': () => PRESETS.map(({ id, title }) => ({ id, title })),

    'budget/report': async ({ inputs, model }) => computeReport(inputs, await reportModel(inputs, model)),

    'budget/text': ({ report, format }) => (format === 'csv' ? reportAsCsv(report) : reportAsMarkdown(report)),

    'plan/choices': async () => (await loadPlans()).planChoices(),

    'plan/report': async ({ plan, inputs, model }) =>
      (await loadPlans()).planReport(plan, await reportModel(inputs, model), PRESETS),

    'plan/fit': async ({ plan, inputs, model }) => (await loadPlans()).planFit(plan, await reportModel(inputs, model)),

    'plan/sweep': async ({ plan, inputs, model }) =>
      (await loadPlans()).planSweep(plan, await reportModel(inputs, model)),

    'budget/adapter': async ({ adapterConfig, model }) =>
      adapterBudget(models, adapterConfig, await models.find(model)),

    'config/analyse': (document) => analyseConfig(models, document),

    async 'config/hover'({ text, offset, weights, ...surroundings }) {
      const document = readConfigDocument(text);
      const entry = document && entryAt(document, offset);
      if (!document || !entry || !isExplained(entry.path[0])) return null;
      const { config } = document;
      const found = await models.find({ kind: 'named', name: baseModelName(config), ...surroundings });
      const base = found && { ...found, tensors: await tensorsFor(models, found) };
      const markdown = hoverText(entry.path, { config, weights, base });
      return markdown === null ? null : { offset: entry.node.offset, length: entry.node.length, markdown };
    },
  };
}
