/** The facts about one config call: its model, its count, and its faults. */

import { architectureOf } from '../../budget/architectures';
import type { Budget } from '../../budget/computeBudget';
import type { Finding } from '../../protocol/planner';
import type { PythonConfigCall, PythonDocument, UnknownSetting } from '../../protocol/python';
import type { PacedMatching } from '../../matrices/pacedMatching';
import { analyseOn } from '../checks/analyse';
import { countOn } from '../countAdapter';
import type { FoundModel, Models } from '../models/models';
import { baseModelFor } from './pythonModels';
import { uncounted } from './uncounted';

export interface PythonFacts {
  readonly call: PythonConfigCall;
  readonly base: FoundModel | null;
  /** The key of `BudgetInputs.targets` for this architecture; '' if it is unknown. */
  readonly targetsKey: string;
  readonly budget: Budget | null;
  /** Why the call is not counted, if all settings are known; '' otherwise. */
  readonly problem: string;
  /** Unknown settings that prevent a count. */
  readonly missing: readonly UnknownSetting[];
  /** What each rank adds, if only the rank is unknown and the count is linear in it; null otherwise. */
  readonly perRank: number | null;
  /** The findings that an adapter_config.json with the same settings would have. */
  readonly findings: readonly Finding[];
  /** The JSON in which the findings have their places. */
  readonly checkedText: string;
}

export async function callFacts(
  models: Models,
  call: PythonConfigCall,
  document: PythonDocument,
  matching: PacedMatching,
): Promise<PythonFacts> {
  const base = await baseModelFor(models, call, document);
  const missing = uncounted(call);
  const counting = base && (await countOn(models, base, call.config, matching));
  const known = missing.length === 0;
  const checkedText = JSON.stringify({ ...call.config, base_model_name_or_path: base?.title ?? null });
  return {
    call,
    base,
    targetsKey: architectureOf(counting?.table?.shape.modelType ?? '')?.modelTypes[0] ?? '',
    budget: known ? (counting?.budget ?? null) : null,
    problem: known ? (counting?.error?.message ?? '') : '',
    missing,
    perRank: base && (await rankGrowth(models, base, call, missing, matching)),
    findings: base ? await findingsOf(models, base, call, checkedText, matching) : [],
    checkedText,
  };
}

/** Ranks that every method accepts. */
const RANKS = [2, 4, 6] as const;

async function rankGrowth(
  models: Models,
  model: FoundModel,
  { config }: PythonConfigCall,
  missing: readonly UnknownSetting[],
  matching: PacedMatching,
): Promise<number | null> {
  if (missing.length !== 1 || missing[0]?.key !== 'r') return null;
  const counts: number[] = [];
  for (const r of RANKS) {
    const { budget } = await countOn(models, model, { ...config, r }, matching);
    if (!budget) return null;
    counts.push(budget.trainable);
  }
  const [low = 0, middle = 0, high = 0] = counts;
  return middle > low && high - middle === middle - low ? (middle - low) / (RANKS[1] - RANKS[0]) : null;
}

/** Findings about files, and findings that the program text makes obvious. */
const OF_FILES: readonly Finding['code'][] = [
  'base-not-found',
  'base-unreadable',
  'rank-differs-from-weights',
  'uncounted',
  'unknown-key',
];

/** Findings about the modules of the model, which another model's modules neither prove nor refute. */
const OF_MODULES = /^(target|layers|save|exclude|pattern-no-match)/;

/** Leaves out findings that depend on an unknown setting. */
async function findingsOf(
  models: Models,
  base: FoundModel,
  call: PythonConfigCall,
  text: string,
  matching: PacedMatching,
): Promise<readonly Finding[]> {
  if (call.unknown.some(({ key }) => key.startsWith('*'))) return [];
  const analysis = await analyseOn(models, text, base, matching);
  const unknown = new Set(call.unknown.map(({ key }) => key));
  const depends = (code: Finding['code']): readonly string[] =>
    code.startsWith('target') || code.startsWith('layers')
      ? ['target_modules', 'exclude_modules', 'layers_to_transform', 'layers_pattern', 'modules_to_save']
      : ['r', 'lora_alpha', 'use_rslora', 'rank_pattern', 'alpha_pattern', 'exclude_modules', 'modules_to_save'];
  return (analysis?.findings ?? []).filter(
    ({ code }) =>
      !OF_FILES.includes(code) &&
      !(base.place === 'elsewhere' && OF_MODULES.test(code)) &&
      !depends(code).some((key) => unknown.has(key)),
  );
}
