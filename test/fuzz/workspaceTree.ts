/** Makes folders as strangers share them: adapters, models, indexes, links, broken names, empty and damaged files. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import * as path from 'node:path';
import { readSmallText } from '../../src/files/smallFile';
import type { Random } from '../../src/tensor/random';
import type { ConfigFiles } from './configText';
import { chance, several, unicodeText } from './jsonText';
import { loraFile } from './loraFile';
import { below, mutate, NAMES, pick } from './mutate';
import type { Case } from './mutate';
import { moduleName } from './patternText';
import { typedCode } from './typedErrors';

const FILE_NAMES = (
  'adapter_config.json adapter_config.json adapter_model.safetensors adapter_model.safetensors config.json config.json ' +
  'adapter_model.bin model.safetensors model.safetensors.index.json adapters.safetensors my-lora.safetensors ' +
  'pytorch_lora_weights.safetensors LoRA.safetensors x.gguf adapter_model.safetensors.index.json ADAPTER_CONFIG.JSON'
).split(' ');
const FOLDER_NAMES = 'a run checkpoint-500 gpt2 owner models--owner--name snapshots refs main .hidden'.split(' ');
/** A pipe without a writer, which blocks whoever opens it. */
const PIPE = 'pipe';
/** Endless, blocking, or not there. */
const TARGETS = ['/dev/zero', '/dev/null', '/proc/self/pagemap', '..', '.', 'gone', '/root', PIPE, 'config.json'];
const MAX_FOLDERS = 8;
const MAX_FILES = 6;
/** File systems allow 255 bytes in a name. */
const MAX_NAME_BYTES = 255;
const MAX_TEXT_BYTES = 1 << 20;
/** A search that follows links visits no more folders. */
const MAX_VISITED = 60;

interface TreeSources {
  readonly configs: (random: Random) => ConfigFiles;
  readonly checkpoints: readonly Case[];
}

/** Makes the folder `root` for trees, and a pipe beside it that links of the trees lead to. */
export function prepareTrees(root: string): void {
  mkdirSync(root);
  execFileSync('mkfifo', [pipeBeside(root)]);
}

function pipeBeside(root: string): string {
  return path.join(path.dirname(root), PIPE);
}

/** Replaces what `root` holds. @returns the paths below it, for the report of a fault */
export function writeTree(root: string, random: Random, sources: TreeSources): string[] {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  const folders = [root];
  for (let left = 1 + below(random, MAX_FOLDERS); left > 0; left--) {
    const folder = path.join(pick(random, folders), entryName(random, FOLDER_NAMES));
    if (attempted(() => mkdirSync(folder, { recursive: true }))) folders.push(folder);
  }
  const written: string[] = [];
  for (const folder of folders) {
    for (let left = below(random, MAX_FILES + 1); left > 0; left--) {
      const file = path.join(folder, entryName(random, FILE_NAMES));
      if (attempted(() => writeEntry(file, root, random, sources))) written.push(path.relative(root, file));
    }
  }
  return written;
}

/** A name that a file system takes. */
function entryName(random: Random, usual: readonly string[]): string {
  const name = chance(random, 0.85) ? pick(random, usual) : pick(random, [pick(random, NAMES), unicodeText(random)]);
  const bytes = new TextEncoder().encode(name.replace(/[/\0]/g, '_')).subarray(0, MAX_NAME_BYTES - 2);
  const fitting = new TextDecoder().decode(bytes).replace(/\ufffd$/, '');
  return ['', '.', '..'].includes(fitting) ? 'x' : fitting;
}

function writeEntry(file: string, root: string, random: Random, sources: TreeSources): void {
  const kind = random();
  if (kind < 0.08) {
    const target = pick(random, TARGETS);
    symlinkSync(target === PIPE ? pipeBeside(root) : target, file);
  } else if (kind < 0.12) mkdirSync(file);
  else {
    // The flag refuses a name that is taken: writing to a link would reach its target, and a pipe blocks.
    writeFileSync(file, contentOf(file, random, sources), { flag: 'wx' });
  }
}

function contentOf(file: string, random: Random, { configs, checkpoints }: TreeSources): Uint8Array {
  if (chance(random, 0.05)) return new Uint8Array();
  if (file.endsWith('adapter_config.json')) return configs(random).adapter;
  if (file.endsWith('config.json')) return configs(random).model;
  if (chance(random, 0.3)) return loraFile(several(random, 6, () => moduleName(random)));
  const given = pick(random, checkpoints);
  return chance(random, 0.6) ? mutate(random, given).bytes : given.bytes;
}

/** False if the file system refuses: the name is taken, or too long together with its folders. */
function attempted(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return false;
    throw error;
  }
}

/** All files below `root`. Like the editor's search, it follows links and lists what is no regular file. */
export function listFiles(root: string): string[] {
  const found: string[] = [];
  const folders = [root];
  for (let visited = 0; visited < Math.min(folders.length, MAX_VISITED); visited++) {
    const folder = folders[visited]!;
    for (const entry of entriesOf(folder)) {
      const file = path.join(folder, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && isInside(root, file));
      (isFolder ? folders : found).push(file);
    }
  }
  return found;
}

/** The entries of a folder; none if links make its path too long. */
function entriesOf(folder: string): Dirent[] {
  let entries: Dirent[] = [];
  attempted(() => void (entries = readdirSync(folder, { withFileTypes: true })));
  return entries;
}

/** The files whose name matches a pattern of the editor's search, such as '**\/{a,*b*}.safetensors'. */
export function matchingFiles(files: readonly string[], pattern: string): string[] {
  const source = pattern
    .replace('**/', '')
    .replaceAll('.', '\\.')
    .replaceAll('*', '.*')
    .replace(/\{(.*)\}/, (_, names: string) => `(?:${names.replaceAll(',', '|')})`);
  const name = new RegExp(`^${source}$`, 's');
  return files.filter((file) => name.test(path.basename(file)));
}

/** True for a link to a folder of the tree, which may contain the link itself. */
function isInside(root: string, link: string): boolean {
  try {
    return statSync(link).isDirectory() && !readdirSync(link).includes('proc') && link.startsWith(root);
  } catch {
    return false;
  }
}

/** The text of a config as the editor reads it; `null` if it is no regular file or too large. */
export async function readText(file: string): Promise<string | null> {
  return readSmallText(file, { limit: MAX_TEXT_BYTES }).catch((error: unknown) => {
    typedCode(error);
    return null;
  });
}
