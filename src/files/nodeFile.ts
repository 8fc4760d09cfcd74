/** Local files through Node's file system. */

import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { besideSegments } from '../checkpoint/besideName';
import { checkRange, shortRead } from '../checkpoint/byteSource';
import type { ByteSource } from '../checkpoint/byteSource';
import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { writeAtomically } from './atomicFile';
import { fileError } from './fileError';
import { noteClosed, noteOpened } from './openHandles';
import { openRegularFile } from './regularFile';
import { readSmallText } from './smallFile';

class NodeSource implements ByteSource {
  readonly size: number;
  private closed = false;
  private nextCheck: Promise<void> | null = null;

  constructor(
    private readonly handle: FileHandle,
    private readonly opened: BigIntStats,
  ) {
    this.size = Number(opened.size);
    noteOpened(opened);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    checkRange(offset, length, this.size);
    const bytes = new Uint8Array(length);
    await this.readInto(offset, bytes, signal);
    return bytes;
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    checkRange(offset, target.length, this.size);
    await this.fill(target, offset);
    signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    noteClosed(this.opened);
    await this.handle.close();
  }

  private async fill(bytes: Uint8Array, offset: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.handle.read(bytes, done, bytes.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    // The check follows the read, because the file may be rewritten during the read.
    await this.checkSoon();
    if (done < bytes.length) shortRead(offset, bytes.length, done);
  }

  /** One check serves all reads that end in the same turn of the event loop, since it runs after all of them. */
  private checkSoon(): Promise<void> {
    return (this.nextCheck ??= new Promise((resume) => setImmediate(resume)).then(() => {
      this.nextCheck = null;
      return this.checkUnchanged();
    }));
  }

  /** This handle still reads the old content if the file is replaced, but not if it is written in place. */
  private async checkUnchanged(): Promise<void> {
    const { size, mtimeNs } = await this.handle.stat({ bigint: true });
    if (size === this.opened.size && mtimeNs === this.opened.mtimeNs) return;
    const how = size === this.opened.size ? 'it was written to' : `it had ${this.opened.size} bytes and has ${size}`;
    throw new CheckpointError(
      'Changed',
      `the file changed since it was opened: ${how}. Reload to see it as it is now.`,
    );
  }
}

async function isMissing(file: string): Promise<boolean> {
  return lstat(file).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
  );
}

export const nodeFiles: FileAccess = {
  async open(file, signal) {
    try {
      signal?.throwIfAborted();
      const { handle, opened } = await openRegularFile(file);
      return {
        source: new NodeSource(handle, opened),
        modified: Number(opened.mtimeMs),
        name: path.basename(file),
        folder: path.basename(path.dirname(file)),
      };
    } catch (error) {
      throw error instanceof CheckpointError || signal?.aborted ? error : fileError('Unreadable', file, error);
    }
  },

  beside: (file, name) => path.join(path.dirname(file), ...besideSegments(name)),

  async namesBeside(file) {
    return readdir(path.dirname(file)).catch(() => null);
  },

  async readBeside(file, name, limit, signal) {
    const beside = nodeFiles.beside(file, name);
    // A dangling link is reported as unreadable, and only a missing name as no file.
    if (await isMissing(beside)) return null;
    return readSmallText(beside, { limit, signal });
  },

  async placeIn(folder, name) {
    try {
      await mkdir(folder, { recursive: true });
      return path.join(folder, name);
    } catch (error) {
      throw fileError('Unwritable', folder, error);
    }
  },

  writeAtomically,
};
