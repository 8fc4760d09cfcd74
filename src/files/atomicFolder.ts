/** Makes a folder that appears under its name once all of its files are complete. */

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { CheckpointError } from '../checkpoint/errors';
import { syncFolder } from './atomicFile';
import { fileError } from './fileError';
import { nodeFiles } from './nodeFile';

/** Files beside weights that a model needs: configs, tokenizers, templates, licences. */
const COMPANION = /\.(?:json|jsonl|txt|model|jinja|md|tiktoken|spm|vocab|merges)$|^(?:LICENSE|NOTICE)/i;
/** Larger ones are no companions. */
const MAX_COMPANION_BYTES = 256 * 2 ** 20;

/**
 * `fill` writes into a temporary folder beside `folder`, which then takes the name. If it rejects or the process is
 * killed, nothing has the name. Rejects with `CheckpointError` Unwritable if the name is taken.
 */
export async function makeFolderAtomically(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = path.dirname(path.resolve(folder));
  const temporary = path.join(parent, `.peft-${crypto.randomUUID()}.tmp`);
  const unwritable = (error: unknown): never => {
    throw error instanceof CheckpointError ? error : fileError('Unwritable', folder, error);
  };
  if (await isTaken(folder)) throw new CheckpointError('Unwritable', `${folder} exists and is not empty`, folder);
  await mkdir(temporary, { recursive: true }).catch(unwritable);
  try {
    await fill(temporary);
    await syncFolder(temporary);
    await rename(temporary, folder).catch(unwritable);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(parent);
}

/** Copies the companions of a model's weights, without `except` and without folders. Returns their names. */
export async function copyCompanions(
  from: string,
  to: string,
  except: ReadonlySet<string>,
): Promise<readonly string[]> {
  const copied: string[] = [];
  for (const name of await readdir(from)) {
    if (!COMPANION.test(name) || except.has(name)) continue;
    const found = await stat(path.join(from, name)).catch(() => null);
    if (!found?.isFile() || found.size > MAX_COMPANION_BYTES) continue;
    const { source } = await nodeFiles.open(path.join(from, name));
    try {
      await nodeFiles.writeAtomically(path.join(to, name), async (sink) => sink(await source.read(0, source.size)));
    } finally {
      await source.close();
    }
    copied.push(name);
  }
  return copied;
}

/** An empty folder may be replaced. */
async function isTaken(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  if (!found) return false;
  return !found.isDirectory() || (await readdir(folder)).length > 0;
}
