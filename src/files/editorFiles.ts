/** Files that only the editor can read, in virtual workspaces: it reads them whole and sends them. */

import { besideSegments } from '../checkpoint/besideName';
import { memorySource } from '../checkpoint/byteSource';
import { CheckpointError } from '../checkpoint/errors';
import type { Params, RequestOptions, Result } from '../protocol/rpc';
import type { EditorRequests } from '../protocol/worker';
import type { FileReading } from '../checkpoint/fileAccess';

export type AskEditor = <M extends keyof EditorRequests & string>(
  method: M,
  params: Params<EditorRequests[M]>,
  options?: RequestOptions,
) => Promise<Result<EditorRequests[M]>>;

/** Maximum size of a file that is read whole, because both threads hold it for a moment. */
export const MAX_EDITOR_FILE_BYTES = 256 * 2 ** 20;

/** The code of `vscode.FileSystemError` for a missing file. */
const MISSING = 'FileNotFound';

export function editorFiles(ask: AskEditor): FileReading {
  const read = (uri: string, limit: number, signal?: AbortSignal): Promise<Result<EditorRequests['file/read']>> =>
    ask('file/read', { uri, limit }, { signal });
  return {
    async open(uri, signal) {
      const found = await read(uri, MAX_EDITOR_FILE_BYTES, signal);
      if (found.bytes === null) {
        const message =
          `the file has ${found.size} bytes. A file that is not on disk is read whole, ` +
          `up to ${MAX_EDITOR_FILE_BYTES} bytes. Copy it to a local folder and open the copy.`;
        throw new CheckpointError('TooLarge', message, uri);
      }
      return { source: memorySource(found.bytes), modified: found.modified, ...names(uri) };
    },
    beside: editorBeside,
    async namesBeside(uri, signal) {
      try {
        return await ask('file/names', { uri }, { signal });
      } catch {
        signal?.throwIfAborted();
        return null;
      }
    },
    async readBeside(uri, name, limit, signal) {
      const beside = editorBeside(uri, name);
      const { bytes, size } = await read(beside, limit, signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        if ((error as { code?: unknown }).code === MISSING) return { bytes: new Uint8Array(), size: null };
        throw new CheckpointError('Unreadable', `it cannot be read: ${(error as Error).message}`, beside);
      });
      if (size === null) return null;
      if (bytes !== null) return new TextDecoder().decode(bytes);
      throw new CheckpointError('TooLarge', `it has ${size} bytes, and at most ${limit} are read`, beside);
    },
  };
}

/** Groups: scheme and authority; path; query and fragment (RFC 3986, appendix B). */
const PARTS = /^([^:/?#]+:(?:\/\/[^/?#]*)?)([^?#]*)(.*)$/s;

/** Exported for tests. Throws what `besideSegments` throws. */
export function editorBeside(uri: string, name: string): string {
  const segments = besideSegments(name);
  const [, before = '', path = '', after = ''] = PARTS.exec(uri) ?? [];
  return (
    before +
    [...path.split('/').slice(0, -1), ...segments.map(encodeURIComponent)].join('/') +
    queryBeside(after, segments)
  );
}

/** A query belongs to a single file, except for git's, which repeats the path and names the commit. */
function queryBeside(after: string, segments: readonly string[]): string {
  try {
    const query = JSON.parse(decodeURIComponent(/^\?([^#]*)/.exec(after)?.[1] ?? '')) as { path?: unknown };
    if (typeof query.path !== 'string') return '';
    // Windows uses backslashes in this path.
    const folder = query.path.slice(0, Math.max(query.path.lastIndexOf('/'), query.path.lastIndexOf('\\')) + 1);
    return `?${encodeURIComponent(JSON.stringify({ ...query, path: folder + segments.join('/') }))}`;
  } catch {
    return '';
  }
}

function names(uri: string): { name: string; folder: string } {
  const segments = (PARTS.exec(uri)?.[2] ?? '').split('/').map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
  return { name: segments.at(-1) ?? '', folder: segments.at(-2) ?? '' };
}
