import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as bundle from './farFiles';
import type { AskEditor } from './editorFiles';
import type { FarFiles } from './routedFiles';

/**
 * Loads the bundle that reads files outside the disk (farFiles.ts) with the first such file. Until then, the thread
 * holds no code that could use the network.
 */
export function lateFarFiles(ask: AskEditor): () => FarFiles {
  let loaded: FarFiles | null = null;
  return () => {
    const load = createRequire(__filename);
    return (loaded ??= (load(path.join(__dirname, 'farFiles.js')) as typeof bundle).farFiles(ask));
  };
}
