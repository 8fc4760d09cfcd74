import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as bundle from './farFiles';
import type { AskEditor } from './editorFiles';
import type { FarFiles } from './routedFiles';

/**
 * What reads files elsewhere than on disk, from the bundle that lies beside this one (farFiles.ts). It is loaded with
 * the first such file: without one, no code that could use the network is in the thread.
 */
export function lateFarFiles(ask: AskEditor): () => FarFiles {
  let loaded: FarFiles | null = null;
  return () => {
    const load = createRequire(__filename);
    return (loaded ??= (load(path.join(__dirname, 'farFiles.js')) as typeof bundle).farFiles(ask));
  };
}
