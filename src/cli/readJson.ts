/** Reads small JSON files for the command line, with a size limit and one-sentence errors. */

import { open } from 'node:fs/promises';
import { parsePythonJson } from '../peftConfig/pythonJson';

/** Configs take kilobytes; AdaLoRA's rank lists and the indices of large checkpoints take some megabytes. */
const MAX_BYTES = 64 << 20;

/** @throws Error that names the file */
export async function readJson(file: string): Promise<unknown> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw new Error(`${file}: the file has ${size} bytes, the limit is ${MAX_BYTES}`);
    return parsePythonJson(await handle.readFile('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${file} is not JSON: ${error.message}`);
    throw error;
  } finally {
    await handle.close();
  }
}
