/** A trial of one damaged file: every request that the inspector would make about it. */

import type { FileAccess, FileLocation } from '../../src/checkpoint/fileAccess';
import type { MatrixRef } from '../../src/protocol/matrix';
import { TILE_SIZE } from '../../src/protocol/matrix';
import { unpackDescription } from '../../src/protocol/packedDescription';
import type { Params, RequestContext, Result } from '../../src/protocol/rpc';
import type { SourceDescription } from '../../src/protocol/source';
import type { WorkerRequests } from '../../src/protocol/worker';
import { createJobs } from '../../src/worker/jobs';
import { memoryFiles } from './memoryFiles';
import type { Case } from './mutate';
import { typedCode } from './typedErrors';

/** Tensors and modules per case that are examined. */
const LOOKED_INTO = 3;

/** The outcome of a case: the opened source with its number of problems, or the code of the error that refused it. */
type Outcome = { readonly opened: SourceDescription } | { readonly refused: string };

const context: RequestContext = {
  signal: new AbortController().signal,
  progress: () => undefined,
  transfer: () => undefined,
};

/** Rejects with every error that is not typed, which is what the fuzz looks for. */
export function tryCase({ name, bytes, beside }: Case): Promise<Outcome> {
  return tryFile(memoryFiles(new Map([...beside, [name, bytes]])), name);
}

/** The same for a file at `location` of any file system. */
export async function tryFile(files: FileAccess, location: FileLocation): Promise<Outcome> {
  const jobs = createJobs(files);
  const call = async <M extends keyof WorkerRequests>(
    method: M,
    params: Params<WorkerRequests[M]>,
  ): Promise<Result<WorkerRequests[M]>> => (await jobs[method](params as never, context)) as Result<WorkerRequests[M]>;
  let opened;
  try {
    opened = await call('checkpoint/open', { path: location });
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

/** The outcome as a summary counts it. */
export function named(outcome: Outcome): string {
  if ('refused' in outcome) return outcome.refused;
  return outcome.opened.problems.length > 0 ? 'opened with problems' : 'opened';
}
