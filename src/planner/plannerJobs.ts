/** The planner's request handlers, independent of threads. */

import { PRESETS } from '../budget/presets';
import type { ModelFiles } from '../files/modelFiles';
import type { BudgetInputs } from '../protocol/calculator';
import type { ReportModel } from '../protocol/models';
import type { PlannerRequests } from '../protocol/planner';
import type { Handlers } from '../protocol/rpc';
import type { BudgetModel } from './calculator/budgetReport';
import { computeReport } from './calculator/budgetReport';
import { reportAsCsv, reportAsMarkdown } from './calculator/budgetText';
import { customModel } from './calculator/customModel';
import { analyseConfig } from './checks/analyse';
import { baseModelName, entryAt, readConfigDocument } from './configDocument';
import { adapterBudget, tensorsFor } from './countAdapter';
import type { HostFiles } from './hostFiles';
import { AdapterWeightsCache } from './hostFiles';
import { hoverText, isExplained } from './hover/adapterConfigHoverText';
import { Models } from './models/models';
import type * as planReader from './planReader';
import type { PythonReader } from './pythonJobs';
import { createPythonJobs } from './pythonJobs';
import { scanAdapters, scanModels } from './scan/scanConfigs';

interface PlannerSources {
  readonly files: ModelFiles;
  readonly host: HostFiles;
  /** Bundles that are loaded on first use. */
  readonly loadPython: () => Promise<PythonReader>;
  readonly loadPlans: () => Promise<typeof planReader>;
}

export function createPlannerJobs({ files, host, loadPython, loadPlans }: PlannerSources): Handlers<PlannerRequests> {
  const models = new Models(files, host);
  const weightsCache = new AdapterWeightsCache(host);

  const reportModel = async (inputs: BudgetInputs, model: ReportModel): Promise<BudgetModel> => {
    if (model.kind === 'custom') return customModel(inputs);
    if (model.kind === 'missing') return { title: model.title, errors: [{ field: 'model', message: model.message }] };
    const message = 'The model cannot be read.';
    return (await models.find(model)) ?? { title: 'Not found', errors: [{ field: 'model', message }] };
  };

  return {
    ...createPythonJobs(models, loadPython),

    'models/scan': (params, { signal }) => scanModels({ files, host }, params, signal),

    'adapters/scan': (params, { signal }) => scanAdapters({ files, host }, params, signal),

    'presets/list': () => PRESETS.map(({ id, title }) => ({ id, title })),

    'budget/report': async ({ inputs, model }) => computeReport(inputs, await reportModel(inputs, model)),

    'budget/text': ({ report, format }) => (format === 'csv' ? reportAsCsv(report) : reportAsMarkdown(report)),

    async 'calculator/compute'({ budget, plan, inputs, model }) {
      const [found, { planReport }] = await Promise.all([reportModel(inputs, model), loadPlans()]);
      return { budget: budget ? computeReport(inputs, found) : null, plan: planReport(plan, found, PRESETS) };
    },

    'plan/choices': async () => (await loadPlans()).planChoices(),

    'plan/fit': async ({ plan, inputs, model }) => (await loadPlans()).planFit(plan, await reportModel(inputs, model)),

    'plan/sweep': async ({ plan, inputs, model }) =>
      (await loadPlans()).planSweep(plan, await reportModel(inputs, model)),

    'budget/adapter': async ({ adapterConfig, model }) =>
      adapterBudget(models, adapterConfig, await models.find(model)),

    'config/analyse': async ({ text, weights, ...surroundings }) =>
      analyseConfig(models, { text, weights: await weightsCache.find(weights), surroundings }),

    async 'config/hover'({ text, offset, weights, ...surroundings }) {
      const document = readConfigDocument(text);
      const entry = document && entryAt(document, offset);
      if (!document || !entry || !isExplained(entry.path[0])) return null;
      const { config } = document;
      const found = await models.find({ kind: 'named', name: baseModelName(config), ...surroundings });
      const base = found && { ...found, tensors: await tensorsFor(models, found) };
      const markdown = hoverText(entry.path, { config, weights: await weightsCache.find(weights), base });
      return markdown === null ? null : { offset: entry.node.offset, length: entry.node.length, markdown };
    },
  };
}
