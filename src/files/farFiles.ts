/** Files that are not on disk, but on servers or in the editor's file systems: a bundle of its own. */

import { editorFiles } from './editorFiles';
import type { AskEditor } from './editorFiles';
import { DEFAULT_RANGES } from './httpRetry';
import { DEFAULT_HTTP } from './httpRequest';
import { redirectConsent } from './redirectConsent';
import { remoteFiles } from './remoteFiles';
import type { FarFiles } from './routedFiles';

export function farFiles(ask: AskEditor): FarFiles {
  const token = (): Promise<string | null> => ask('hub/token', {});
  const allowPrivate = redirectConsent((redirect) => ask('redirect/allow', redirect));
  return {
    remote: remoteFiles({ ...DEFAULT_HTTP, ...DEFAULT_RANGES, token, allowPrivate }),
    editor: editorFiles(ask),
  };
}
