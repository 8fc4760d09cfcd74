/** Fetches the config.json of a base model from the Hugging Face Hub and keeps it on the disk. */

import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { MAX_CONFIG_BYTES } from '../peftConfig/adapterConfig';
import { JsonError, parseJson } from '../peftConfig/parseJson';

const CONFIG = 'config.json';

/**
 * Returns the path of the saved file in the local `folder`, which is created if it is missing. `location` is that of
 * the config on the Hub. Rejects with `CheckpointError`: NotFound if the model has no config.json, Unreadable if it is
 * no JSON object or the Hub refuses it, TooLarge, Network or Unwritable, or with the signal's reason.
 */
export async function saveHubConfig(
  files: FileAccess,
  location: string,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const text = await files.readBeside(location, CONFIG, MAX_CONFIG_BYTES, signal);
  if (text === null) throw new CheckpointError('NotFound', `there is no ${location}`, location);
  checkConfig(text, location);
  signal?.throwIfAborted();
  const path = await files.placeIn(folder, CONFIG);
  await files.writeAtomically(path, (sink) => sink(new TextEncoder().encode(text)));
  return path;
}

function checkConfig(text: string, location: string): void {
  const bad = (what: string): CheckpointError => new CheckpointError('Unreadable', `${location}: ${what}`, location);
  let config: unknown;
  try {
    config = parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw bad(`it is not JSON: ${error.message}`);
    throw error;
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw bad('it is no JSON object');
}
