/** Files in memory, in the interface that the jobs use. Counts the bytes read. */

import { memorySource } from '../../src/checkpoint/byteSource';
import { CheckpointError } from '../../src/checkpoint/errors';
import type { FileAccess } from '../../src/checkpoint/fileAccess';

/** Makes a single flat folder. */
export function memoryFiles(folder: ReadonlyMap<string, Uint8Array>): FileAccess {
  const find = (name: string): Uint8Array => {
    const bytes = folder.get(name);
    if (bytes === undefined) throw new CheckpointError('Unreadable', 'there is no file with this name', name);
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
      if (bytes === undefined) return null;
      if (bytes.length > limit) throw new CheckpointError('TooLarge', `the file has ${bytes.length} bytes`, name);
      return new TextDecoder().decode(bytes);
    },
    placeIn: async (_folder, name) => name,
    writeAtomically: async () => {
      throw new CheckpointError('Unreadable', 'this file system is read-only');
    },
  };
}
