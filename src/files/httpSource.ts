/**
 * A file on a server as a source. It reads and caches blocks, requests neighbouring blocks together, and reads ahead
 * when reads are sequential.
 */

import { checkRange, memorySource } from '../checkpoint/byteSource';
import type { ByteSource } from '../checkpoint/byteSource';
import { LruCache } from '../protocol/lruCache';
import { openRemote } from './httpRange';
import type { RemoteFile } from './httpRange';
import type { RangeOptions } from './httpRetry';

/** Size of a block. A request takes about as long as transferring this number of bytes. */
export const BLOCK_BYTES = 256 * 2 ** 10;
/** Maximum number of blocks per request: enough to use the bandwidth, few enough to cancel soon. */
const MAX_REQUEST_BLOCKS = 16;
/** Number of concurrent requests per read. Servers limit connections. */
const MAX_PARALLEL = 3;
/** Size of the block cache of one file. */
const CACHE_BYTES = 64 * 2 ** 20;
/** Number of sequential reads before reading ahead starts. Opening a file takes two. */
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

/** A pending request for blocks from `first` on, and the number of reads that wait for it. */
interface Fetch {
  readonly first: number;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  readonly controller: AbortController;
  waiting: number;
}

class HttpSource implements ByteSource {
  readonly size: number;
  private readonly kept = new LruCache<Uint8Array>(CACHE_BYTES, { sizeOf: ({ length }) => length });
  /** Pending requests by block, so that no block is requested twice. */
  private readonly underWay = new Map<number, Fetch>();
  /** The end of the last read, and below it the number of reads in a row that began where the previous one ended. */
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

  /** Copies the part of the range from `offset` on that lies in blocks [first, end) into `out`. */
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
    // Waiting for all of them leaves no request unobserved after another one fails.
    const failed = (await Promise.allSettled(waits)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  /** Requests `block` and the following blocks before `end`, up to the first one that is cached or pending. */
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

  /** Waits for a request, which is cancelled when nobody waits for it any more. */
  private wait(fetch: Fetch, signal?: AbortSignal): Promise<Uint8Array> {
    fetch.waiting++;
    return new Promise<Uint8Array>((resolve, reject) => {
      const stop = (): void => {
        if (--fetch.waiting === 0) {
          // Removed at once, so that the next read does not wait for a cancelled request.
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
    // Only closing cancels it. The error reaches whoever asks for the block.
    ahead.waiting++;
    ahead.bytes.catch(() => undefined);
  }
}

/** Copies the overlap of two ranges of a file, which begin at `fromOffset` and `toOffset`. */
function copyPart(from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number): void {
  const begin = Math.max(fromOffset, toOffset);
  const end = Math.min(fromOffset + from.length, toOffset + to.length);
  if (begin < end) to.set(from.subarray(begin - fromOffset, end - fromOffset), begin - toOffset);
}
