/** The local files with a count of every byte that is read through the `ByteSource`. */

import type { ByteSource } from '../../src/checkpoint/byteSource';
import type { FileAccess } from '../../src/checkpoint/fileAccess';
import { nodeFiles } from '../../src/files/nodeFile';

export function countingFiles(): FileAccess & { bytes: number } {
  const counted = {
    ...nodeFiles,
    bytes: 0,
    async open(location: string, signal?: AbortSignal) {
      const opened = await nodeFiles.open(location, signal);
      const { source } = opened;
      const wrapped: ByteSource = {
        size: source.size,
        read: (offset, length, readSignal) => {
          counted.bytes += length;
          return source.read(offset, length, readSignal);
        },
        readInto: (offset, target, readSignal) => {
          counted.bytes += target.length;
          return source.readInto!(offset, target, readSignal);
        },
        close: () => source.close(),
      };
      return { ...opened, source: wrapped };
    },
  };
  return counted;
}
