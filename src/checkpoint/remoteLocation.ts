/**
 * Locations of files on servers, as users type them: web addresses, links copied from the Hugging Face Hub, and
 * hf://[<type>/]<owner>/<repo>[@<revision>]/<path>, the syntax of huggingface_hub's "HF URIs".
 *
 * A location stays readable; `remoteUrl` gives the address to fetch it from.
 */

import { besideSegments } from './besideName';
import { CheckpointError } from './errors';
import { quoted } from '../peftConfig/quoted';

export const HUB_ORIGIN = 'https://huggingface.co';
/** Host names of the Hub. */
const HUB_HOSTS: ReadonlySet<string> = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co']);
const REPO_TYPES: ReadonlySet<string> = new Set(['models', 'datasets', 'spaces']);
const DEFAULT_REVISION = 'main';
/** Servers refuse longer addresses. Signed ones reach about 2,000 characters. */
const MAX_LOCATION_LENGTH = 8192;
/** The Hub's tokens have 37 characters. */
const MAX_TOKEN_LENGTH = 512;

interface HubFile {
  readonly type: 'models' | 'datasets' | 'spaces';
  /** '<owner>/<name>'. */
  readonly repo: string;
  readonly revision: string;
  /** Path of the file in the repository. */
  readonly path: string;
}

/** Whether the text is meant as an address on a server. `normaliseRemote` checks whether it is valid. */
export function isRemote(location: string): boolean {
  return /^(https?|hf):/i.test(location.trimStart());
}

/** Printable ASCII without spaces. Other characters occur in no token and could break out of the HTTP header. */
export function isHubToken(token: string): boolean {
  return token.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token);
}

/**
 * The canonical spelling of a location: 'hf://owner/repo@revision/path' for a file on the Hub, including links to the
 * file's page, and otherwise an http or https address. Throws `CheckpointError` Unreadable with a message for users.
 */
export function normaliseRemote(text: string): string {
  const location = text.trim();
  if (location.length > MAX_LOCATION_LENGTH) throw bad(`an address of ${location.length} characters is too long`);
  if (/^hf:/i.test(location)) return hubLocation(parseHubLocation(location));
  const url = parseUrl(location);
  const file = HUB_HOSTS.has(url.hostname) && url.protocol === 'https:' && url.port === '' ? hubPage(url) : null;
  if (file) return hubLocation(file);
  if (url.pathname.endsWith('/'))
    throw bad('the address ends in a folder: name the file, adapter_model.safetensors for example');
  url.hash = '';
  return url.href;
}

/** The location of a model's config.json; `null` if the name cannot be that of a model on the Hub, owner/name. */
export function hubConfigLocation(name: string): string | null {
  try {
    return hubLocation(checkedHubFile({ type: 'models', repo: name, revision: DEFAULT_REVISION, path: 'config.json' }));
  } catch {
    return null;
  }
}

/** The address that a normalised location is fetched from. Throws `CheckpointError` Unreadable. */
export function remoteUrl(location: string): string {
  if (!/^hf:/i.test(location)) return parseUrl(location).href;
  const { type, repo, revision, path } = parseHubLocation(location);
  const prefix = type === 'models' ? '' : `${type}/`;
  const encodedPath = path.split('/').map(encodeURIComponent).join('/');
  return `${HUB_ORIGIN}/${prefix}${repo}/resolve/${encodeURIComponent(revision)}/${encodedPath}`;
}

/** The names of the file and of its folder. The folder of a repository's top-level files is the repository. */
export function remoteNames(location: string): { readonly name: string; readonly folder: string } {
  if (/^hf:/i.test(location)) {
    const { repo, path } = parseHubLocation(location);
    const segments = path.split('/');
    return { name: segments.at(-1)!, folder: segments.at(-2) ?? repo };
  }
  const { pathname, host } = parseUrl(location);
  const segments = pathname.split('/').slice(1).map(decoded);
  return { name: segments.at(-1)!, folder: segments.at(-2) ?? host };
}

/** The location of the file `name` beside it, without the query. Throws what `besideSegments` throws. */
export function remoteBeside(location: string, name: string): string {
  const segments = besideSegments(name);
  if (/^hf:/i.test(location)) {
    const file = parseHubLocation(location);
    return hubLocation({ ...file, path: [...file.path.split('/').slice(0, -1), ...segments].join('/') });
  }
  const url = parseUrl(location);
  url.pathname = [...url.pathname.split('/').slice(0, -1), ...segments.map(encodeURIComponent)].join('/');
  url.search = '';
  url.hash = '';
  return url.href;
}

/** Reads hf://[type/]owner/name[@revision]/path. Throws `CheckpointError` Unreadable. */
function parseHubLocation(location: string): HubFile {
  const rest = /^hf:\/\/(.*)$/is.exec(location)?.[1];
  if (rest === undefined) throw bad(`${quoted(location)}: expected ${HUB_SYNTAX}`);
  const segments = rest.split('/');
  const type = REPO_TYPES.has(segments[0]!) ? (segments.shift() as HubFile['type']) : 'models';
  const owner = segments.shift() ?? '';
  const [name = '', ...revisionParts] = (segments.shift() ?? '').split('@');
  let revision = revisionParts.length > 0 ? decoded(revisionParts.join('@')) : DEFAULT_REVISION;
  // These two kinds of revision may contain plain slashes. Others escape theirs as %2F.
  if (revision === 'refs' && /^(pr\/\d+|convert\/\w+)$/.test(segments.slice(0, 2).join('/'))) {
    revision = ['refs', ...segments.splice(0, 2)].join('/');
  }
  return checkedHubFile({ type, repo: `${owner}/${name}`, revision, path: segments.join('/') });
}

const HUB_SYNTAX = 'hf://owner/repo/file or hf://owner/repo@revision/file';

function checkedHubFile(file: HubFile): HubFile {
  const { repo, revision, path } = file;
  if (!/^[\w.-]+\/[\w.-]+$/.test(repo) || repo.split('/').some((part) => /^\.+$/.test(part))) {
    throw bad(`${quoted(repo)} is not owner/repo: expected ${HUB_SYNTAX}`);
  }
  if (
    revision === '' ||
    /[\p{Cc}\s]/u.test(revision) ||
    revision.split('/').some((part) => part === '' || /^\.+$/.test(part))
  ) {
    throw bad(`${quoted(revision)} is not a revision: expected ${HUB_SYNTAX}`);
  }
  if (path === '') throw bad(`name a file of ${repo}, adapter_model.safetensors for example: expected ${HUB_SYNTAX}`);
  besideSegments(path);
  return file;
}

function hubLocation({ type, repo, revision, path }: HubFile): string {
  const plain = /^refs\/(pr\/\d+|convert\/\w+)$/.test(revision);
  const at = revision === DEFAULT_REVISION ? '' : `@${plain ? revision : encodeURIComponent(revision)}`;
  return `hf://${type === 'models' ? '' : `${type}/`}${repo}${at}/${path}`;
}

/** The Hub path of a repository or of a file in it: type, owner/name, link kind, revision, path. */
const HUB_PAGE = new RegExp(
  [
    /^\/(?:(datasets|spaces)\/)?([^/]+\/[^/]+)/,
    /(?:\/(blob|resolve|raw)\/(refs\/pr\/\d+|refs\/convert\/\w+|[^/]+)\/(.+))?\/?$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** The file that a page or link of the Hub is about, or `null` for other pages. */
function hubPage({ pathname }: URL): HubFile | null {
  const match = HUB_PAGE.exec(pathname);
  if (!match) return null;
  const [, type, repo = '', kind, revision = '', path = ''] = match;
  const file = {
    type: (type ?? 'models') as HubFile['type'],
    repo: decoded(repo),
    revision: decoded(revision),
    path: decoded(path),
  };
  if (kind === undefined)
    return REPO_TYPES.has(repo.split('/')[0]!) ? null : checkedHubFile({ ...file, revision: DEFAULT_REVISION });
  return checkedHubFile(file);
}

function parseUrl(location: string): URL {
  let url: URL;
  try {
    url = new URL(location);
  } catch {
    throw bad(`${quoted(location)} is not an address: expected https://… or ${HUB_SYNTAX}`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw bad(`${quoted(url.protocol)} is not http, https or hf`);
  if (url.username !== '' || url.password !== '')
    throw bad('addresses that contain a user name or password are not opened');
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function bad(message: string): CheckpointError {
  return new CheckpointError('Unreadable', message);
}
