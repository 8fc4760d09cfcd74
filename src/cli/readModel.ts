/** The model of `--model`: a config.json, a folder that holds one, or the name of a known model. */

import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { PRESETS, presetNamed, searchPresets } from '../budget/presets';
import type { Preset } from '../budget/presets';
import type { NamedModel } from '../text/modelText';
import { UsageError } from './command';
import { readJson } from './readJson';

/** The option in a command's help. */
export const MODEL_OPTION =
  `--model <config.json | name>      a model's config, or one of ${PRESETS.length} known models by Hub id or name, ` +
  `with or without its organisation: ${['Qwen/Qwen3-4B', 'llama-2-7b', 'gpt2'].join(', ')}`;

/** Names that an error suggests. */
const MAX_SUGGESTED = 8;
/** Characters that a suggestion looks at. The Hub's names have at most 96 on each side of the slash. */
const MAX_NAME = 200;

export interface CliModel extends NamedModel {
  readonly config: unknown;
}

/** A file takes precedence over a known model of the same name. */
export async function readModel(name: string): Promise<CliModel> {
  const kind = await kindOf(name);
  const inside = path.join(name, 'config.json');
  const file = kind === 'directory' && (await kindOf(inside)) ? inside : kind === 'file' ? name : null;
  if (file !== null) return { title: file, standsInFor: null, config: await readJson(file) };
  const named = presetNamed(name);
  if (named) {
    const { title, config } = named.preset;
    return { title, standsInFor: named.exact ? null : name, config };
  }
  // What can be nothing but a path is left to the reader, which says what is wrong with it.
  if (kind || /\.json$/i.test(name)) return { title: name, standsInFor: null, config: await readJson(name) };
  const similar = similarPresets(name).slice(0, MAX_SUGGESTED);
  const meant = similar.length === 0 ? '' : `; similar are ${similar.map(({ hubIds }) => hubIds[0]).join(', ')}`;
  throw new UsageError(`--model: '${name}' is neither a config.json nor the name of a known model${meant}`);
}

async function kindOf(file: string): Promise<'file' | 'directory' | null> {
  const status = await stat(file).catch(() => null);
  return status && (status.isDirectory() ? 'directory' : 'file');
}

/** The presets that share the longest beginning of the name. */
function similarPresets(name: string): readonly Preset[] {
  const words = name.slice(0, MAX_NAME).split(/[\s/_-]+/);
  for (let taken = words.length; taken > 0; taken--) {
    const found = searchPresets(words.slice(0, taken).join(' '));
    if (found.length > 0) return found;
  }
  return [];
}
