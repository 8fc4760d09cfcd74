/** Resolves a path to a checkpoint: the file itself, or the checkpoint in a folder. */

import { readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { compareNames } from '../text/nameOrder';
import { RefusedError } from './command';

/** File names that libraries give to adapters, most specific first. */
const ADAPTER_NAMES: readonly RegExp[] = [
  /^adapter_model\.safetensors$/,
  /^adapter_model\.safetensors\.index\.json$/,
  /^adapters\.safetensors$/,
  /^adapter\.safetensors$/,
  /^pytorch_lora_weights\.safetensors$/,
  /^adapter.*\.safetensors$/,
  /lora.*\.(?:safetensors|gguf)$/i,
];
/** File names of base models, which come after adapters. */
const MODEL_NAMES: readonly RegExp[] = [
  /^model\.safetensors\.index\.json$/,
  /\.safetensors\.index\.json$/,
  /^model\.safetensors$/,
  /\.safetensors$/,
  /\.gguf$/i,
];
const PICKLE = /\.(?:bin|pt|pth|ckpt|pkl)$/i;
const CONVERT =
  'loading a pickle can run arbitrary code, so it is not opened; convert it with ' +
  '`safetensors.torch.save_file(torch.load(path, weights_only=True), "adapter_model.safetensors")`';

interface CheckpointPath {
  readonly file: string;
  /** Names of the folder's other checkpoints, which were not chosen. */
  readonly others: readonly string[];
}

/** @throws RefusedError if the path does not exist or holds nothing that can be opened */
export async function checkpointPath(given: string): Promise<CheckpointPath> {
  const found = await stat(given).catch((error: NodeJS.ErrnoException) => {
    throw new RefusedError(`${given}: ${error.code === 'ENOENT' ? 'there is no such file or folder' : error.message}`);
  });
  // A config stands for the adapter next to it.
  const isConfig = path.basename(given) === 'adapter_config.json';
  if (!found.isDirectory() && !isConfig) return { file: given, others: [] };
  const folder = found.isDirectory() ? given : path.dirname(given);
  const names = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new RefusedError(`${folder}: ${error.message}`);
  });
  const files = names
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort(compareNames);
  const chosen = pick(files);
  if (chosen !== undefined) {
    const others = files.filter((name) => name !== chosen && /\.(?:safetensors|gguf)$/i.test(name));
    return { file: path.join(folder, chosen), others: chosen.endsWith('.index.json') ? [] : others };
  }
  // PEFT saves every adapter except the default one in a subfolder with the adapter's name.
  const below: string[] = [];
  for (const { name } of names.filter((entry) => entry.isDirectory())) {
    const file = path.join(folder, name, 'adapter_model.safetensors');
    if (
      await stat(file).then(
        (entry) => entry.isFile(),
        () => false,
      )
    )
      below.push(file);
  }
  if (below.length === 1) return { file: below[0]!, others: [] };
  if (below.length > 1)
    throw new RefusedError(`${folder}: the folder holds several adapters; name one of ${below.slice(0, 5).join(', ')}`);
  const pickle = files.find((name) => PICKLE.test(name));
  if (pickle !== undefined) throw new RefusedError(`${folder}: the weights are a Python pickle, ${pickle}: ${CONVERT}`);
  throw new RefusedError(`${folder}: the folder holds no .safetensors, .gguf or index.json file`);
}

export function isPickleName(file: string): boolean {
  return PICKLE.test(file);
}

function pick(names: readonly string[]): string | undefined {
  for (const pattern of [...ADAPTER_NAMES, ...MODEL_NAMES]) {
    const found = names.find((name) => pattern.test(name));
    if (found !== undefined) return found;
  }
  return undefined;
}
