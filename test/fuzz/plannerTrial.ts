/** Asks the planner's handlers as the editor does, and checks what they answer. */

import { DEFAULT_INPUTS } from '../../src/host/budgetInputs';
import { localFolders } from '../../src/files/folders';
import type { FolderReading } from '../../src/files/folders';
import type { ModelFiles } from '../../src/files/modelFiles';
import type { HostFiles } from '../../src/planner/hostFiles';
import { createPlannerJobs } from '../../src/planner/plannerJobs';
import type { AdapterDocument, PlannerRequests } from '../../src/protocol/planner';
import type { PythonDocument } from '../../src/protocol/python';
import type { Params, RequestContext, Result } from '../../src/protocol/rpc';
import type { Random } from '../../src/tensor/random';
import { below, pick } from './mutate';
import { checkRange, checkReply } from './replies';

export type AskPlanner = <M extends keyof PlannerRequests>(
  method: M,
  params: Params<PlannerRequests[M]>,
) => Promise<Result<PlannerRequests[M]>>;

interface PlannerFiles {
  readonly files: ModelFiles;
  readonly host: HostFiles;
  /** Those of the local disk if absent. */
  readonly folders?: FolderReading;
}

const context: RequestContext = {
  signal: new AbortController().signal,
  progress: () => undefined,
  transfer: () => undefined,
};

/** A planner without a thread. Every reply is checked (see `checkReply`). */
export function askPlanner(sources: PlannerFiles): AskPlanner {
  const jobs = createPlannerJobs({
    folders: localFolders,
    ...sources,
    loadPython: () => import('../../src/planner/pythonReader'),
    loadPlans: () => import('../../src/planner/planReader'),
  });
  return async (method, params) => {
    const reply = await jobs[method](params as never, context);
    checkReply(method, reply);
    return reply as never;
  };
}

/** Analyses the config that an editor shows. @returns the outcome */
export async function analyseDocument(ask: AskPlanner, document: AdapterDocument): Promise<string> {
  const analysis = await ask('config/analyse', document);
  if (!analysis) return 'no config';
  const { length } = document.text;
  for (const { code, offset, length: own, fixes } of analysis.findings) {
    checkRange(code, offset, offset + own, length);
    for (const edit of fixes.flatMap(({ edits }) => edits))
      checkRange(`a fix of ${code}`, edit.offset, edit.offset + edit.length, length);
  }
  const { targets, budget } = analysis;
  if (targets) checkRange('the targets', targets.offset, targets.offset + targets.length, length);
  if (budget.counted) return 'counted';
  return analysis.findings.some(({ severity }) => severity === 'error') ? 'found errors' : 'not counted';
}

/** Hovers over `times` places of a config. @returns the outcome */
export async function hoverDocument(
  ask: AskPlanner,
  document: AdapterDocument,
  random: Random,
  times: number,
): Promise<string> {
  let explained = 0;
  for (let left = times; left > 0; left--) {
    const offset = below(random, document.text.length + 1);
    const hover = await ask('config/hover', { ...document, offset });
    if (!hover) continue;
    checkRange('the hover', hover.offset, hover.offset + hover.length, document.text.length);
    explained++;
  }
  return explained > 0 ? 'explained' : 'not explained';
}

/** Asks for the lenses of a program and hovers over `times` places, also those of its calls. @returns the outcome */
export async function readPython(
  ask: AskPlanner,
  parts: PythonDocument['parts'],
  random: Random,
  times: number,
): Promise<string> {
  // The small model is counted in a fraction of the time.
  const id = pick(random, ['gpt2', 'gpt2', 'gpt2', 'gpt2', 'llama-2-7b']);
  const calculator = { inputs: DEFAULT_INPUTS, model: { kind: 'preset', id } } as const;
  const document: PythonDocument = { folder: null, localFolder: null, workspace: [], parts, calculator };
  const lenses = await ask('python/lenses', document);
  const places = lenses.slice(0, times).map(({ span }) => ({ part: span.part, offset: span.from }));
  for (let left = times; left > 0; left--) {
    const part = below(random, parts.length);
    places.push({ part, offset: below(random, (parts[part]?.text.length ?? 0) + 1) });
  }
  const spans = lenses.map(({ span }) => span);
  for (const place of places) {
    const hover = await ask('python/hover', { ...document, ...place });
    if (hover) spans.push(hover.span);
  }
  for (const { part, from, to } of spans) checkRange(`part ${part}`, from, to, parts[part]?.text.length ?? -1);
  return lenses.length === 0 ? 'no call' : spans.length > lenses.length ? 'lenses and hovers' : 'lenses';
}
