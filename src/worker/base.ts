/** Comparison of an adapter with its base's weights: a bundle of its own, loaded with the first one. */

import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { compareWithBase, keptWeights } from '../matrices/base/compareWithBase';
import type { MatrixSource } from '../matrices/matrixSource';
import type { BaseComparison } from '../protocol/baseComparison';
import type { Progress } from '../protocol/rpc';
import { useEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';

const kept = keptWeights();

/** Opens a checkpoint. The caller passes its own function, so that this bundle holds no reader. */
type OpenWeights = (files: FileAccess, path: string, signal?: AbortSignal) => Promise<MatrixSource>;

interface BaseContext {
  readonly engine: Engine | null;
  readonly files: FileAccess;
  readonly open: OpenWeights;
  readonly progress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** `base` is as in the request 'lora/base', and this rejects as that does. */
export async function readBase(
  { engine, files, open, progress, signal }: BaseContext,
  adapter: MatrixSource,
  base: string,
): Promise<BaseComparison> {
  useEngine(engine);
  const weights = await openBase(files, open, base, signal);
  try {
    return await compareWithBase(adapter, weights, { engine, kept, progress, signal });
  } finally {
    await weights.close();
  }
}

/** Names of the weights beside a config.json, as transformers looks for them. */
const BESIDE_CONFIG = ['model.safetensors', 'model.safetensors.index.json'] as const;

async function openBase(
  files: FileAccess,
  open: OpenWeights,
  base: string,
  signal: AbortSignal,
): Promise<MatrixSource> {
  if (!/(^|[\\/])config\.json$/.test(base)) return open(files, base, signal);
  const present = await files.namesBeside(base, signal);
  const name = BESIDE_CONFIG.find((each) => present?.includes(each));
  if (name !== undefined) return open(files, files.beside(base, name), signal);
  throw new CheckpointError('NotFound', `there are no ${BESIDE_CONFIG.join(' or ')} beside ${base}`, base);
}
