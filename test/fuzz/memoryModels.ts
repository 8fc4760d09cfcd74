/** Files in memory, in the interfaces that the planner uses: its own, and the editor's. */

import { memorySource } from '../../src/checkpoint/byteSource';
import { CheckpointError } from '../../src/checkpoint/errors';
import { openSafetensors } from '../../src/checkpoint/safetensors/openSafetensors';
import type { ModelFiles } from '../../src/files/modelFiles';
import type { HostFiles } from '../../src/planner/hostFiles';
import type { AdapterWeights } from '../../src/protocol/planner';

/** Network shares: reading from one logs in to another machine. */
const SHARE = /^(?:[\\/]{2}|\\\\)/;

interface MemoryModels {
  readonly files: ModelFiles;
  readonly host: HostFiles;
}

/** Paths and URIs lead to the same bytes. Throws, for the fuzz to report, if a path leads to a network share. */
export function memoryModels(contents: ReadonlyMap<string, Uint8Array>, weights: AdapterWeights | null): MemoryModels {
  const find = (path: string, maxBytes: number): Uint8Array | null => {
    if (SHARE.test(path) || path.includes('\0')) throw new Error(`a file is looked for at ${JSON.stringify(path)}`);
    const bytes = contents.get(path);
    return bytes && bytes.length <= maxBytes ? bytes : null;
  };
  const read = (path: string, maxBytes: number): string | null => {
    const bytes = find(path, maxBytes);
    return bytes && new TextDecoder().decode(bytes);
  };
  return {
    files: {
      hubFolders: ['/hub'],
      async status(path, maxBytes) {
        const bytes = find(path, maxBytes);
        return bytes && { bytes: bytes.length, stamp: '1' };
      },
      readText: async (path, maxBytes) => read(path, maxBytes),
      async list(folder) {
        const inside = [...contents.keys()].filter((path) => path.startsWith(`${folder}/`));
        return inside.map((path) => path.slice(folder.length + 1));
      },
      async tensorShapes(path, maxHeaderBytes) {
        const bytes = find(path, maxHeaderBytes);
        if (!bytes) return null;
        try {
          const { tensors } = await openSafetensors(memorySource(bytes));
          return tensors.map(({ name, shape }) => [name, shape] as const);
        } catch (error) {
          if (error instanceof CheckpointError) return null;
          throw error;
        }
      },
    },
    host: {
      async readText(uri, limit) {
        const text = read(uri, limit);
        return text === null ? null : { text, stamp: '1' };
      },
      weights: async () => weights,
    },
  };
}
