/** Local files through Node: the one file of the worker that imports node's file system. */

import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import * as path from 'node:path';
import { checkRange, shortRead } from '../checkpoint/byteSource';
import type { ByteSource } from '../checkpoint/byteSource';
import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess, Sink } from './fileAccess';

/** What the commonest failures mean, for people. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

function unreadable(file: string, error: unknown): CheckpointError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CheckpointError('Unreadable', `${file} cannot be opened: ${REASONS.get(code ?? '') ?? message}`, file);
}

async function openSource(file: string): Promise<{ source: ByteSource; modified: number }> {
  // Asked before opening: to open a pipe would wait for whoever writes to it.
  const { size, mtimeMs } = await stat(file).then((found) => {
    if (!found.isFile()) throw new CheckpointError('Unreadable', `${file} is not a file`, file);
    return found;
  });
  const handle = await open(file, 'r');
  const source: ByteSource = {
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(offset, length, size);
      const bytes = new Uint8Array(length);
      await this.readInto!(offset, bytes, signal);
      return bytes;
    },
    async readInto(offset, target, signal) {
      signal?.throwIfAborted();
      const { length } = target;
      checkRange(offset, length, size);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(target, done, length - done, offset + done);
        if (bytesRead === 0) shortRead(offset, length, done);
        done += bytesRead;
      }
      signal?.throwIfAborted();
    },
    close: () => handle.close(),
  };
  return { source, modified: mtimeMs };
}

let temporaries = 0;

export const nodeFiles: FileAccess = {
  async open(file) {
    try {
      const opened = await openSource(file);
      return { ...opened, name: path.basename(file), folder: path.basename(path.dirname(file)) };
    } catch (error) {
      throw error instanceof CheckpointError ? error : unreadable(file, error);
    }
  },

  async readBeside(file, name, limit) {
    const beside = path.join(path.dirname(file), name);
    try {
      const found = await stat(beside);
      if (!found.isFile() || found.size > limit) return null;
      return await readFile(beside, 'utf8');
    } catch {
      return null;
    }
  },

  async writeAtomically(file, fill) {
    const temporary = `${file}.${process.pid}-${temporaries++}.tmp`;
    const handle = await open(temporary, 'wx');
    let written = 0;
    const sink: Sink = async (bytes) => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
        done += bytesWritten;
      }
      written += bytes.length;
    };
    try {
      await fill(sink);
      await handle.sync();
      await handle.close();
      await rename(temporary, file);
      return written;
    } catch (error) {
      // A second close of a closed handle rejects, and says nothing new.
      await handle.close().catch(() => undefined);
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  },
};
