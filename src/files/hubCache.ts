/**
 * Finds models that huggingface_hub has downloaded. Nothing is downloaded here.
 *
 * Layout of the cache: models--owner--name/refs/<revision> holds a commit, and snapshots/<commit>/ holds its files.
 * Source: the documentation of huggingface_hub, "Understand caching".
 */

import type { ModelFiles } from './modelFiles';

type Environment = Readonly<Record<string, string | undefined>>;

/** A Hub name has at most 96 characters, including the owner. */
const MAX_NAME = 96;
/** The file of a ref holds the 40 hexadecimal digits of a commit. */
const MAX_REF_BYTES = 256;
/** Maximum number of snapshots considered per model. Users keep a few. */
const MAX_SNAPSHOTS = 50;

/** The cache's folder, by the same precedence of settings as in huggingface_hub. */
export function hubFolders(environment: Environment, home: string): readonly string[] {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const own = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  const base = HF_HOME || `${XDG_CACHE_HOME || `${home}/.cache`}/huggingface`;
  return [own || `${base}/hub`].map((folder) => folder.replace(/^~(?=\/|$)/, home));
}

/** The folder name of a Hub model, or `null` if the name is not valid. It cannot lead out of the cache. */
export function hubFolderName(name: string): string | null {
  if (name.length > MAX_NAME || name.includes('--') || name.includes('..')) return null;
  const segments = name.split('/');
  if (segments.length > 2 || !segments.every((segment) => /^[A-Za-z0-9_][\w.-]*$/.test(segment))) return null;
  return `models--${segments.join('--')}`;
}

/** Paths of config.json files to try, the most likely first. */
export async function hubConfigs(files: ModelFiles, name: string, revision: string | null): Promise<string[]> {
  const folderName = hubFolderName(name);
  if (folderName === null) return [];
  const found: string[] = [];
  for (const hub of files.hubFolders) {
    const model = `${hub}/${folderName}`;
    const wanted = revision ?? 'main';
    if (!isRevision(wanted)) continue;
    const commit = await readRef(files, `${model}/refs/${wanted}`);
    const snapshot = commit ?? (isSegment(wanted) ? wanted : null);
    if (snapshot !== null) found.push(`${model}/snapshots/${snapshot}/config.json`);
    // A model that was only downloaded by commit has no refs.
    if (commit === null && revision === null) {
      const snapshots = (await files.list(`${model}/snapshots`)).filter(isSegment).slice(0, MAX_SNAPSHOTS);
      for (const each of snapshots) found.push(`${model}/snapshots/${each}/config.json`);
    }
  }
  return found;
}

async function readRef(files: ModelFiles, path: string): Promise<string | null> {
  if ((await files.status(path, MAX_REF_BYTES)) === null) return null;
  const commit = (await files.readText(path, MAX_REF_BYTES))?.trim() ?? '';
  return isSegment(commit) ? commit : null;
}

/** Whether the text is a single file name of letters, digits, '_', '.' and '-'. */
function isSegment(text: string): boolean {
  return /^[A-Za-z0-9_][\w.-]{0,127}$/.test(text);
}

/** Whether the text is a revision such as 'main', a commit, or 'refs/pr/1'. */
function isRevision(text: string): boolean {
  return text.length <= MAX_NAME && text.split('/').every(isSegment);
}
