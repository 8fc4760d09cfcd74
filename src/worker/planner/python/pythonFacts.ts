/** What is known of one config call: its model, its count, and what is wrong with it. */

import { architectureOf } from '../../../budget/architectures';
import type { Budget } from '../../../budget/computeBudget';
import type { Finding, ModelReference } from '../../../protocol/planner';
import type { PythonConfigCall, PythonDocument, UnknownSetting } from '../../../protocol/python';
import { analyseConfig } from '../analysis/analyse';
import { countOn } from '../countAdapter';
import type { FoundModel, Models } from '../models';
import type { BaseModel } from './pythonModels';
import { baseModelFor } from './pythonModels';
import { uncounted } from './uncounted';

export interface PythonFacts {
  readonly call: PythonConfigCall;
  readonly base: BaseModel | null;
  /** Under which key of `BudgetInputs.targets` the choice for such a model is kept; '' where there is none. */
  readonly targetsKey: string;
  readonly budget: Budget | null;
  /** Why it is not counted, where it is not a setting that is not known; '' otherwise. */
  readonly problem: string;
  /** Settings that stand in the way of a count. */
  readonly missing: readonly UnknownSetting[];
}

export async function factsOf(models: Models, call: PythonConfigCall, document: PythonDocument): Promise<PythonFacts> {
  const base = await baseModelFor(models, call, document);
  const missing = uncounted(call);
  const counting = base && (await countOn(models, base.model, call.config));
  return {
    call,
    base,
    targetsKey: architectureOf(counting?.table?.shape.modelType ?? '')?.modelTypes[0] ?? '',
    budget: missing.length === 0 ? (counting?.budget ?? null) : null,
    problem: counting?.error && missing.length === 0 ? counting.error.message : '',
    missing,
  };
}

/** Findings that are about a file, or that the program's own words make plain. */
const OF_FILES: readonly Finding['code'][] = [
  'base-not-found',
  'base-unreadable',
  'rank-differs-from-weights',
  'uncounted',
  'unknown-key',
];

/** The findings that an adapter_config.json of the same settings would have, without those that lack a setting. */
export async function findingsOf(models: Models, { call, base }: PythonFacts): Promise<readonly Finding[]> {
  if (!base || call.unknown.some(({ key }) => key.startsWith('*'))) return [];
  const name = base.model.title;
  const analysis = await analyseConfig(models, {
    text: JSON.stringify({ ...call.config, base_model_name_or_path: name }),
    weights: null,
    folder: null,
    localFolder: null,
    workspace: [],
    chosen: [{ name, model: referenceTo(base.model) }],
  });
  const unknown = new Set(call.unknown.map(({ key }) => key));
  const depends = (code: Finding['code']): readonly string[] =>
    code.startsWith('target') || code.startsWith('layers')
      ? ['target_modules', 'exclude_modules', 'layers_to_transform', 'layers_pattern', 'modules_to_save']
      : ['r', 'lora_alpha', 'use_rslora', 'rank_pattern', 'alpha_pattern', 'exclude_modules', 'modules_to_save'];
  return (analysis?.findings ?? []).filter(
    ({ code }) => !OF_FILES.includes(code) && !depends(code).some((key) => unknown.has(key)),
  );
}

function referenceTo({ title, config, path, preset }: FoundModel): ModelReference {
  if (preset !== null) return { kind: 'preset', id: preset };
  return path === null ? { kind: 'config', title, config } : { kind: 'file', title, path };
}
