/** Reads a header of unknown length field by field, with few ranged reads and a window of bounded size. */

import type { ByteSource } from '../byteSource';
import { CheckpointError } from '../errors';

/** Size of the first read, which covers the headers of most adapters. Token lists take megabytes: see below. */
const FIRST_WINDOW_BYTES = 2 ** 16;
/** Size of later reads, and the most that is read beyond the header's end. */
const WINDOW_BYTES = 2 ** 19;

/** The file ends, or the header exceeds its limit, in the middle of a field. */
export class CutOffError extends CheckpointError {}

/**
 * The getters read what `need` has loaded. They are synchronous, because a promise for each of a million fields would
 * take seconds.
 */
export class ByteCursor {
  littleEndian = true;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  /** Offset of the window in the file, and below it the position in the window. */
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

  /** Number of bytes between the position and the end of the file. */
  get remaining(): number {
    return Math.max(0, this.source.size - this.position);
  }

  /** Whether the next `count` bytes are already in the window. */
  has(count: number): boolean {
    return this.at + count <= this.bytes.length;
  }

  /** Loads the next `count` bytes. Rejects with `CutOffError` if the file has fewer. */
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

  /** Skips `count` bytes without loading them. */
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

  /** Values beyond 2^53 are rounded; they exceed the size of any file anyway. */
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
      const field = `(${count} bytes at ${this.position})`;
      const message = `the file ends at byte ${this.source.size}, in the middle of its header ${field}`;
      throw new CutOffError('InvalidHeaderLength', message);
    }
    if (end > this.limit) {
      throw new CutOffError('HeaderTooLarge', `the header exceeds ${this.limit} bytes (${count} at ${this.position})`);
    }
  }
}
