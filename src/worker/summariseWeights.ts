/** What the planner needs of an adapter's weights: the whole description of a large adapter takes megabytes more. */

import type { FileAccess } from '../checkpoint/fileAccess';
import { openCheckpoint } from '../matrices/openCheckpoint';
import type { PackedJson } from '../protocol/packedDescription';
import type { AdapterWeights } from '../protocol/planner';
import { packJson } from './packDescription';

/** Rejects as `openCheckpoint` does. */
export async function summariseWeights(
  files: FileAccess,
  path: string,
  maxCharacters: number,
  signal: AbortSignal,
): Promise<PackedJson | null> {
  const source = await openCheckpoint(files, path, signal);
  try {
    const { parameters, tensors, lora } = source.description;
    const weights: AdapterWeights = {
      parameters,
      tensors: tensors.map(({ name }) => ({ name })),
      lora: lora.map(({ module, rank, inFeatures, outFeatures, a, unavailable }) => ({
        module,
        rank,
        inFeatures,
        outFeatures,
        a,
        ...(unavailable !== undefined && { unavailable }),
      })),
    };
    const packed = await packJson(weights, signal);
    return packed.characters > maxCharacters ? null : packed;
  } finally {
    await source.close();
  }
}
