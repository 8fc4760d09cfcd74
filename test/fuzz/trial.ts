/** A trial of one damaged file: every request that the inspector would make about it. */

import { BudgetError } from '../../src/peftConfig/errors';
import { CheckpointError } from '../../src/checkpoint/errors';
import type { MatrixRef } from '../../src/protocol/matrix';
import { TILE_SIZE } from '../../src/protocol/matrix';
import { unpackDescription } from '../../src/protocol/packedDescription';
import type { Params, RequestContext, Result } from '../../src/protocol/rpc';
import type { SourceDescription } from '../../src/protocol/source';
import type { WorkerRequests } from '../../src/protocol/worker';
import { ArgumentError } from '../../src/tensor/errors';
import { createJobs } from '../../src/worker/jobs';
import { memoryFiles } from './memoryFiles';
import type { Case } from './mutate';

/** Time limit per case, both on the clock and in processor time, because other work may occupy the processor. */
export const MAX_MS = 1000;
/** Memory limit per case, for files under 1 MB. */
export const MAX_BYTES = 64 * 2 ** 20;
/** Tensors and modules per case that are examined. */
const LOOKED_INTO = 3;

/** The outcome of a case: the opened source with its number of problems, or the code of the error that refused it. */
type Outcome = { readonly opened: SourceDescription } | { readonly refused: string };

const context: RequestContext = {
  signal: new AbortController().signal,
  progress: () => undefined,
  transfer: () => undefined,
};

/** Throws every error that is not typed, which is what the fuzz looks for. */
export async function tryCase({ name, bytes, beside }: Case): Promise<Outcome> {
  const jobs = createJobs(memoryFiles(new Map([...beside, [name, bytes]])));
  const call = async <M extends keyof WorkerRequests>(
    method: M,
    params: Params<WorkerRequests[M]>,
  ): Promise<Result<WorkerRequests[M]>> => (await jobs[method](params as never, context)) as Result<WorkerRequests[M]>;
  let opened;
  try {
    opened = await call('checkpoint/open', { path: name });
  } catch (error) {
    return { refused: typedCode(error) };
  }
  const { source } = opened;
  const description = await unpackDescription(opened.description);
  const looks: (() => Promise<unknown>)[] = [];
  const kinds = new Set<string>();
  for (const matrix of matricesOf(description)) {
    const tile = { source, matrix, tileX: 0, tileY: 0, reduction: 'maxAbs' } as const;
    looks.push(
      () => call('tile/read', { ...tile, level: 0 }),
      () => call('tile/read', { ...tile, level: coarsestLevel(description, matrix) }),
      () => call('cell/read', { source, matrix, row: 0, column: 0 }),
    );
    // Quantiles take as long for ten values as for a million. Requesting all of them would take half the time of a
    // case.
    if (!kinds.has(matrix.kind)) looks.push(() => call('matrix/statistics', { source, matrix }));
    kinds.add(matrix.kind);
  }
  for (const { module } of description.lora.slice(0, LOOKED_INTO)) {
    looks.push(
      () => call('lora/spectrum', { source, module }),
      () => call('lora/products', { source, module, row: 0, column: 0 }),
    );
  }
  looks.push(() => call('lora/metrics', { source }));
  for (const look of looks) await look().catch(typedCode);
  await call('source/close', { source });
  return { opened: description };
}

function typedCode(error: unknown): string {
  if (error instanceof CheckpointError) return error.code;
  if (error instanceof BudgetError || error instanceof ArgumentError) return error.name;
  throw error;
}

function matricesOf({ tensors, lora, prefixes }: SourceDescription): MatrixRef[] {
  return [
    ...tensors.slice(0, LOOKED_INTO).map(({ name, shape }): MatrixRef => ({
      kind: 'tensor',
      name,
      ...(shape.length > 2 ? { slice: shape.slice(0, -2).map(() => 0) } : {}),
    })),
    ...lora.slice(0, LOOKED_INTO).map(({ module }): MatrixRef => ({ kind: 'delta', module })),
    ...prefixes.slice(0, 1).map(({ module }): MatrixRef => ({ kind: 'prefix', module, layer: 0, part: 'key' })),
  ];
}

function coarsestLevel({ tensors }: SourceDescription, matrix: MatrixRef): number {
  const shape = matrix.kind === 'tensor' ? (tensors.find(({ name }) => name === matrix.name)?.shape ?? []) : [];
  const side = Math.max(TILE_SIZE, ...shape.slice(-2));
  return Math.min(40, Math.ceil(Math.log2(side / TILE_SIZE)));
}

/** Runs a case and checks its limits. @returns the outcome, and what is wrong with it or `null` */
export async function judge(given: Case): Promise<{ readonly outcome: string; readonly fault: string | null }> {
  const before = memoryInUse();
  const start = performance.now();
  const used = process.cpuUsage();
  let outcome: string;
  try {
    const result = await tryCase(given);
    outcome =
      'refused' in result ? result.refused : result.opened.problems.length > 0 ? 'opened with problems' : 'opened';
  } catch (error) {
    return { outcome: 'crashed', fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { user, system } = process.cpuUsage(used);
  const ms = Math.min(performance.now() - start, (user + system) / 1000);
  const grown = memoryInUse() - before;
  if (ms > MAX_MS) return { outcome, fault: `it took ${ms.toFixed(0)} ms, at most ${MAX_MS}` };
  if (grown > MAX_BYTES) return { outcome, fault: `it took ${grown} bytes of memory, at most ${MAX_BYTES}` };
  return { outcome, fault: null };
}

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
