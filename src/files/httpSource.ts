/**
 * A file on a server as a source: read in blocks that are kept, neighbouring blocks in one request, and what comes next
 * ahead of time where a file is read on and on.
 */

import { checkRange, memorySource } from '../checkpoint/byteSource';
import type { ByteSource } from '../checkpoint/byteSource';
import { LruCache } from '../protocol/lruCache';
import { openRemote } from './httpRange';
import type { RangeOptions, RemoteFile } from './httpRange';

/** Of one block: a request costs about as much time as these bytes do. */
export const BLOCK_BYTES = 256 * 2 ** 10;
/** Of one request: enough to fill the line, little enough to cancel. */
const MAX_REQUEST_BLOCKS = 16;
/** Requests of one read at a time. Servers count connections. */
const MAX_PARALLEL = 3;
/** Blocks kept of one file. */
const CACHE_BYTES = 64 * 2 ** 20;
/** Reads that follow one another before the next is fetched ahead: opening reads twice so. */
const SEQUENTIAL_READS = 3;

/** Rejects as `openRemote` does. */
export async function openHttpSource(
  url: string,
  options: RangeOptions,
  signal?: AbortSignal,
): Promise<{ source: ByteSource; modified: number }> {
  const first = await openRemote(url, BLOCK_BYTES, options, signal);
  const source = first.whole ? memorySource(first.bytes) : new HttpSource(first.file, first.bytes);
  return { source, modified: first.modified };
}

/** A request under way for blocks [first, first + count), and those who wait for it. */
interface Fetch {
  readonly first: number;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  readonly controller: AbortController;
  waiting: number;
}

class HttpSource implements ByteSource {
  readonly size: number;
  private readonly kept = new LruCache<Uint8Array>(CACHE_BYTES, { sizeOf: ({ length }) => length });
  /** By block: what is on its way is not asked for twice. */
  private readonly underWay = new Map<number, Fetch>();
  /** Where the last read ended, and how many in a row began where the one before ended. */
  private lastEnd = 0;
  private inSequence = 0;

  constructor(
    private readonly file: RemoteFile,
    firstBlock: Uint8Array,
  ) {
    this.size = file.size;
    this.kept.set('0', firstBlock);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    checkRange(offset, length, this.size);
    const bytes = new Uint8Array(length);
    const end = offset + length;
    const firstBlock = Math.floor(offset / BLOCK_BYTES);
    const endBlock = Math.ceil(end / BLOCK_BYTES);
    const group = MAX_REQUEST_BLOCKS * MAX_PARALLEL;
    for (let first = firstBlock; first < endBlock; first += group) {
      await this.copyBlocks(first, Math.min(first + group, endBlock), offset, bytes, signal);
    }
    this.inSequence = offset === this.lastEnd ? this.inSequence + 1 : 0;
    this.lastEnd = end;
    if (this.inSequence >= SEQUENTIAL_READS) this.fetchAhead(endBlock, endBlock - firstBlock);
    return bytes;
  }

  async close(): Promise<void> {
    for (const { controller } of this.underWay.values()) controller.abort(new Error('the source was closed'));
    this.kept.clear();
  }

  /** Copies what blocks [first, end) hold of the range from `offset` on into `out`. */
  private async copyBlocks(
    first: number,
    end: number,
    offset: number,
    out: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const fetches = new Set<Fetch>();
    for (let block = first; block < end; block++) {
      const kept = this.underWay.has(block) ? undefined : this.kept.get(String(block));
      if (kept) copyPart(kept, block * BLOCK_BYTES, out, offset);
      else fetches.add(this.underWay.get(block) ?? this.request(block, end));
    }
    const waits = [...fetches].map(async (fetch) => {
      copyPart(await this.wait(fetch, signal), fetch.first * BLOCK_BYTES, out, offset);
    });
    // Each is waited for, so that none goes on when another has failed and nobody listens.
    const failed = (await Promise.allSettled(waits)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  /** Asks for `block` and those after it up to `end` that are neither kept nor under way. */
  private request(block: number, end: number): Fetch {
    let last = block + 1;
    const limit = Math.min(end, block + MAX_REQUEST_BLOCKS);
    while (last < limit && !this.underWay.has(last) && !this.kept.has(String(last))) last++;
    const controller = new AbortController();
    const bytes = this.file.read(block * BLOCK_BYTES, Math.min(last * BLOCK_BYTES, this.size), controller.signal);
    const fetch: Fetch = { first: block, bytes, controller, waiting: 0 };
    for (let i = block; i < last; i++) this.underWay.set(i, fetch);
    const done = (): void => {
      for (let i = block; i < last; i++) if (this.underWay.get(i) === fetch) this.underWay.delete(i);
    };
    bytes.then((got) => {
      done();
      for (let i = block; i < last; i++) {
        const piece = got.slice((i - block) * BLOCK_BYTES, (i - block + 1) * BLOCK_BYTES);
        this.kept.set(String(i), piece);
      }
    }, done);
    return fetch;
  }

  /** A request goes on for as long as one waits for it. */
  private wait(fetch: Fetch, signal?: AbortSignal): Promise<Uint8Array> {
    fetch.waiting++;
    return new Promise<Uint8Array>((resolve, reject) => {
      const stop = (): void => {
        if (--fetch.waiting === 0) {
          // At once, so that whoever asks next does not wait for what is being stopped.
          for (const [block, under] of this.underWay) if (under === fetch) this.underWay.delete(block);
          fetch.controller.abort(signal!.reason);
        }
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      fetch.bytes.then(resolve, reject).finally(() => {
        signal?.removeEventListener('abort', stop);
        fetch.waiting--;
      });
    });
  }

  private fetchAhead(block: number, count: number): void {
    const end = Math.min(block + Math.min(count, MAX_REQUEST_BLOCKS), Math.ceil(this.size / BLOCK_BYTES));
    if (block >= end || this.underWay.has(block) || this.kept.has(String(block))) return;
    const ahead = this.request(block, end);
    // Nobody cancels it but closing. What it failed of is told to whoever asks for it.
    ahead.waiting++;
    ahead.bytes.catch(() => undefined);
  }
}

/** Copies the part of `from`, which begins at `fromOffset` of the file, that `to` wants, which begins at `toOffset`. */
function copyPart(from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number): void {
  const begin = Math.max(fromOffset, toOffset);
  const end = Math.min(fromOffset + from.length, toOffset + to.length);
  if (begin < end) to.set(from.subarray(begin - fromOffset, end - fromOffset), begin - toOffset);
}
