/** Small JSON files from the command line, with a bound and a sentence for what is wrong. */

import { open } from 'node:fs/promises';

/** Configs have kilobytes; AdaLoRA's lists of ranks and indices of large checkpoints, some megabytes. */
const MAX_BYTES = 64 << 20;

/** Throws an `Error` that names the file. */
export async function readJson(file: string): Promise<unknown> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${error.message}`);
  });
  try {
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw new Error(`${file}: ${size} bytes, at most ${MAX_BYTES} are read`);
    // A byte order mark is no JSON, but some editors write one.
    return JSON.parse((await handle.readFile('utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${file} is not JSON: ${error.message}`);
    throw error;
  } finally {
    await handle.close();
  }
}
