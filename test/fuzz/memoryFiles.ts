/** Files in memory, as the jobs ask for files. Counts what is read. */

import { memorySource } from '../../src/checkpoint/byteSource';
import { CheckpointError } from '../../src/checkpoint/errors';
import type { FileAccess } from '../../src/checkpoint/fileAccess';

/** One flat folder. */
export function memoryFiles(folder: ReadonlyMap<string, Uint8Array>): FileAccess {
  const find = (name: string): Uint8Array => {
    const bytes = folder.get(name);
    if (bytes === undefined) throw new CheckpointError('Unreadable', `there is no file of this name`, name);
    return bytes;
  };
  return {
    open: async (location) => ({ source: memorySource(find(location)), name: location, folder: '', modified: 0 }),
    beside: (_location, name) => {
      if (/[\\/:]|^\.\.?$/.test(name))
        throw new CheckpointError('Unreadable', 'the name leads out of the folder', name);
      return name;
    },
    namesBeside: async () => [...folder.keys()],
    readBeside: async (_location, name, limit) => {
      const bytes = folder.get(name);
      return bytes === undefined || bytes.length > limit ? null : new TextDecoder().decode(bytes);
    },
    placeIn: async (_folder, name) => name,
    writeAtomically: async () => {
      throw new CheckpointError('Unreadable', 'nothing is written here');
    },
  };
}
