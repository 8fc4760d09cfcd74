/** The sources that the worker holds open, by the ids that it gave out. */

import { CheckpointError } from '../checkpoint/errors';
import type { MatrixSource } from '../matrices/matrixSource';
import type { RequestContext } from '../protocol/rpc';
import type { OpenedSource, SourceId } from '../protocol/worker';
import { packDescription } from './packDescription';

/** Sources that keep matrices in memory: each may keep almost 200 MB, and an editor beside another shows two. */
const MAX_WARM = 2;

export class OpenSources {
  private readonly sources = new Map<SourceId, MatrixSource>();
  private readonly warm = new Set<MatrixSource>();
  private nextId: SourceId = 1;

  /** Throws `CheckpointError` NotFound. Sources that were not asked for lately free what they can read again. */
  find(id: SourceId): MatrixSource {
    const source = this.open(id);
    // A Set iterates in insertion order, so the sources used last come last.
    this.warm.delete(source);
    this.warm.add(source);
    for (const coldest of this.warm) {
      if (this.warm.size <= MAX_WARM) break;
      this.warm.delete(coldest);
      coldest.freeCaches?.();
    }
    return source;
  }

  /** Takes over `source`: closes it if this rejects, as it does with the signal's reason. */
  async add(source: MatrixSource, { signal, transfer }: RequestContext): Promise<OpenedSource> {
    try {
      const description = await packDescription(source.description, signal);
      // After a cancel nobody learns the id, so nobody could close the source.
      signal.throwIfAborted();
      const id = this.nextId++;
      this.sources.set(id, source);
      transfer(description.json.buffer);
      return { source: id, description };
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async close(id: SourceId): Promise<void> {
    const source = this.open(id);
    this.sources.delete(id);
    this.warm.delete(source);
    await source.close();
  }

  private open(id: SourceId): MatrixSource {
    const source = this.sources.get(id);
    if (!source) throw new CheckpointError('NotFound', `source ${id} is not open`);
    return source;
  }
}
