/** The planner's request handlers, independent of threads. */

import { PRESETS } from '../budget/presets';
import type { FolderReading } from '../files/folders';
import type { ModelFiles } from '../files/modelFiles';
import { PacedMatching } from '../matrices/pacedMatching';
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
import { AdapterList } from './scan/adapterList';
import { scanModels } from './scan/scanConfigs';

interface PlannerSources {
  readonly files: ModelFiles;
  readonly folders: FolderReading;
  readonly host: HostFiles;
  /** Bundles that are loaded on first use. */
  readonly loadPython: () => Promise<PythonReader>;
  readonly loadPlans: () => Promise<typeof planReader>;
}

export function createPlannerJobs(sources: PlannerSources): Handlers<PlannerRequests> {
  const { files, host, loadPython, loadPlans } = sources;
  const models = new Models(files, host);
  const weightsCache = new AdapterWeightsCache(host);
  const adapters = new AdapterList(sources);

  const reportModel = async (inputs: BudgetInputs, model: ReportModel): Promise<BudgetModel> => {
    if (model.kind === 'custom') return customModel(inputs);
    if (model.kind === 'missing') return { title: model.title, errors: [{ field: 'model', message: model.message }] };
    const found = await models.find(model);
    if (found) return { ...found, standsInFor: inputs.standsInFor ?? found.standsInFor };
    return { title: 'Not found', errors: [{ field: 'model', message: 'The model cannot be read.' }] };
  };

  return {
    ...createPythonJobs(models, loadPython),

    'models/scan': (params, { signal }) => scanModels({ files, host }, params, signal),

    'adapters/page': (params, context) => adapters.page(params, context),

    'presets/list': () => PRESETS.map(({ id, title, hubIds }) => ({ id, title, hubId: hubIds[0] ?? title })),

    async 'budget/report'({ inputs, model }, { signal }) {
      const found = await reportModel(inputs, model);
      return new PacedMatching(signal).run(() => computeReport(inputs, found));
    },

    'budget/text': ({ report, format }) => (format === 'csv' ? reportAsCsv(report) : reportAsMarkdown(report)),

    async 'calculator/compute'({ budget, plan, inputs, model }, { signal }) {
      const [found, { planReport }] = await Promise.all([reportModel(inputs, model), loadPlans()]);
      return new PacedMatching(signal).run(() => ({
        budget: budget ? computeReport(inputs, found) : null,
        plan: planReport(plan, found, PRESETS),
      }));
    },

    'plan/choices': async () => (await loadPlans()).planChoices(),

    async 'plan/fit'({ plan, inputs, model }, { signal }) {
      const [found, { planFit }] = await Promise.all([reportModel(inputs, model), loadPlans()]);
      return new PacedMatching(signal).run(() => planFit(plan, found));
    },

    async 'plan/sweep'({ plan, inputs, model }, { signal }) {
      const [found, { planSweep }] = await Promise.all([reportModel(inputs, model), loadPlans()]);
      return new PacedMatching(signal).run(() => planSweep(plan, found));
    },

    'budget/adapter': async ({ adapterConfig, model }, { signal }) =>
      adapterBudget(models, adapterConfig, await models.find(model), new PacedMatching(signal)),

    async 'config/analyse'({ text, weights, ...surroundings }, { signal }) {
      const analysed = { text, weights: await weightsCache.find(weights), surroundings };
      return analyseConfig(models, analysed, new PacedMatching(signal));
    },

    async 'config/hover'({ text, offset, weights, ...surroundings }, { signal }) {
      const document = readConfigDocument(text);
      const entry = document && entryAt(document, offset);
      if (!document || !entry || !isExplained(entry.path[0])) return null;
      const { config } = document;
      const found = await models.find({ kind: 'named', name: baseModelName(config), ...surroundings });
      const base = found && { ...found, tensors: await tensorsFor(models, found) };
      const facts = { config, weights: await weightsCache.find(weights), base };
      const markdown = await new PacedMatching(signal).run(() => hoverText(entry.path, facts));
      return markdown === null ? null : { offset: entry.node.offset, length: entry.node.length, markdown };
    },
  };
}
