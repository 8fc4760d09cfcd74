/** Reads a header of unknown length field by field, in few ranged reads and no more memory than a window. */

import type { ByteSource } from '../byteSource';
import { CheckpointError } from '../errors';

/** First read: the headers of most adapters. Later ones are larger, as token lists are megabytes. */
const FIRST_WINDOW_BYTES = 2 ** 16;
/** At most this much is read beyond the header's end. */
const WINDOW_BYTES = 2 ** 19;

/** The file ended, or the header went on beyond all bounds, in the middle of a field. */
export class CutOffError extends CheckpointError {}

/**
 * The getters take what `need` has brought in; they are synchronous, since a promise for each of a million fields would
 * take seconds.
 */
export class ByteCursor {
  littleEndian = true;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  /** Where the window begins in the file, and where we are in the window. */
  private start = 0;
  private at = 0;

  constructor(
    private readonly source: ByteSource,
    /** Reading or skipping beyond this offset throws. */
    private readonly limit: number,
    private readonly signal?: AbortSignal,
  ) {}

  get position(): number {
    return this.start + this.at;
  }

  /** What of the file lies ahead. */
  get remaining(): number {
    return Math.max(0, this.source.size - this.position);
  }

  /** Whether the next `count` bytes are in the window already. */
  has(count: number): boolean {
    return this.at + count <= this.bytes.length;
  }

  /** Brings the next `count` bytes in. Throws `CutOffError` where the file has fewer. */
  async need(count: number): Promise<void> {
    if (this.has(count)) return;
    this.check(count);
    const { position } = this;
    const window = position === 0 ? FIRST_WINDOW_BYTES : WINDOW_BYTES;
    const length = Math.min(Math.max(count, window), this.source.size - position);
    this.bytes = await this.source.read(position, length, this.signal);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.start = position;
    this.at = 0;
  }

  /** Passes over `count` bytes, read or not. */
  skip(count: number): void {
    if (!this.has(count)) this.check(count);
    this.at += count;
  }

  /** The next `count` bytes, valid until the next `need`. */
  take(count: number): Uint8Array {
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, this.littleEndian);
  }

  /** Beyond 2^53 rounded, and then larger than any file. */
  u64(): number {
    this.at += 8;
    return Number(this.view.getBigUint64(this.at - 8, this.littleEndian));
  }

  /** A view of the next `count` bytes, for the types that `DataView` has. */
  number(count: number): DataView {
    this.at += count;
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at - count, count);
  }

  private check(count: number): void {
    const end = this.position + count;
    if (end > this.source.size) {
      const message = `the file ends at byte ${this.source.size}, in the middle of its header (${count} bytes at ${this.position})`;
      throw new CutOffError('InvalidHeaderLength', message);
    }
    if (end > this.limit) {
      throw new CutOffError(
        'HeaderTooLarge',
        `the header goes on beyond ${this.limit} bytes (${count} at ${this.position})`,
      );
    }
  }
}
