/** Reads small JSON files for the command line, with one-sentence errors. */

import { JsonError, parseJson } from '../peftConfig/parseJson';
import { readSmallText } from '../files/smallFile';

/** Configs take kilobytes; AdaLoRA's rank lists and the indices of large checkpoints take some megabytes. */
const MAX_BYTES = 64 << 20;

/** @throws CheckpointError or JsonError that names the file */
export async function readJson(file: string): Promise<unknown> {
  const text = await readSmallText(file, { limit: MAX_BYTES });
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new JsonError(`${file} is not JSON: ${error.message}`);
  }
}
