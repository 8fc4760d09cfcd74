/** Many files that can be read as if all were open, although few are open at a time. */

import type { ByteSource } from './byteSource';

/** Number of files open at a time. Systems allow a process several hundred to a thousand. */
const MAX_OPEN = 64;

interface Open {
  readonly source: Promise<ByteSource>;
  users: number;
}

export class FilePool {
  /** Open files, the least recently used first. */
  private readonly open = new Map<number, Open>();
  private closed = false;
  /** Whether the files support `readInto`. All are in one folder, so all do or none does. */
  private fast = false;

  /** `reopen` must reject if the file changed since it was first opened. */
  constructor(private readonly reopen: (file: number, signal?: AbortSignal) => Promise<ByteSource>) {}

  /** Takes over a file that is already open. */
  async keep(file: number, source: ByteSource): Promise<void> {
    this.fast = source.readInto !== undefined;
    this.open.set(file, { source: Promise.resolve(source), users: 0 });
    await this.trim();
  }

  /** A source that opens file `file` whenever it is read. */
  source(file: number, size: number): ByteSource {
    return {
      size,
      read: (offset, length, signal) => this.use(file, (source) => source.read(offset, length, signal), signal),
      ...(this.fast && {
        readInto: (offset: number, target: Uint8Array, signal?: AbortSignal) =>
          this.use(file, async (source) => source.readInto!(offset, target, signal), signal),
      }),
      close: async () => undefined,
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    const open = [...this.open.values()];
    this.open.clear();
    for (const { source } of open) await (await source.catch(() => null))?.close();
  }

  private async use<T>(file: number, job: (source: ByteSource) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const used = this.open.get(file) ?? { source: this.reopen(file, signal), users: 0 };
    this.open.delete(file);
    this.open.set(file, used);
    used.users++;
    try {
      return await job(await used.source);
    } catch (error) {
      // A file that could not be opened is tried again on its next use.
      used.source.catch(() => this.open.get(file) === used && this.open.delete(file));
      throw error;
    } finally {
      used.users--;
      await this.trim();
    }
  }

  private async trim(): Promise<void> {
    for (const [file, { source, users }] of this.open) {
      if (this.open.size <= MAX_OPEN && !this.closed) return;
      if (users > 0) continue;
      this.open.delete(file);
      await (await source.catch(() => null))?.close();
    }
  }
}
