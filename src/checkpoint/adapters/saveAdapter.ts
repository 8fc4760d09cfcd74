/** Saves an adapter as PEFT does: a folder with its weights and its config. */

import { adapterConfigJson } from './adapterConfigJson';
import type { AdapterFiles } from './loraAdapter';
import { PEFT_METADATA, writeSafetensors } from '../safetensors/safetensorsWriter';
import type { FileAccess } from '../fileAccess';

/**
 * Replaces each file atomically. The config comes last, because PEFT looks for it first. Returns the files' paths.
 * Rejects with `CheckpointError` Unwritable, or with the signal's reason.
 */
export async function saveAdapter(
  files: FileAccess,
  folder: string,
  { config, tensors, weightsName = 'adapter_model.safetensors' }: AdapterFiles,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const json = new TextEncoder().encode(adapterConfigJson(config));
  const weights = await files.placeIn(folder, weightsName);
  await files.writeAtomically(weights, (sink) => writeSafetensors(tensors, sink, PEFT_METADATA, signal));
  const configFile = await files.placeIn(folder, 'adapter_config.json');
  await files.writeAtomically(configFile, (sink) => sink(json));
  return [weights, configFile];
}
