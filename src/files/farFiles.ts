/** Files that are not on disk, but on servers or in the editor's file systems: a bundle of its own. */

import { editorFiles } from './editorFiles';
import type { AskEditor } from './editorFiles';
import { DEFAULT_RANGES } from './httpRange';
import { DEFAULT_HTTP } from './httpRequest';
import { remoteFiles } from './remoteFiles';
import type { FarFiles } from './routedFiles';

export function farFiles(ask: AskEditor): FarFiles {
  return {
    remote: remoteFiles({ ...DEFAULT_HTTP, ...DEFAULT_RANGES, token: () => ask('hub/token', {}) }),
    editor: editorFiles(ask),
  };
}
