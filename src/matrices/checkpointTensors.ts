/** The tensors of an opened checkpoint by name, and their values in ranges or whole. */

import { decodeValues, valuesFor } from '../checkpoint/dtypes';
import type { Values } from '../checkpoint/dtypes';
import { CheckpointError } from '../checkpoint/errors';
import type { TensorEntry } from '../checkpoint/header';
import { quoted } from '../peftConfig/quoted';
import { noTensor } from './notFound';
import type { OpenedFiles } from './openedFiles';
import type { StoredTensor } from './storedMatrix';

/** Largest tensor, or pair of factors, that is held decoded: a rank-256 pair on a vocabulary of 150,000 has 315 MB. */
export const MAX_DECODED_BYTES = 512 * 2 ** 20;

export class CheckpointTensors {
  private lastWhole: { readonly name: string; readonly values: Values } | null = null;

  /** `entries` holds the header's tensors by name. */
  constructor(
    private readonly opened: OpenedFiles,
    private readonly entries: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** Throws `CheckpointError` NotFound, or Unreadable if its data cannot be decoded. */
  get(name: string): StoredTensor {
    const entry = this.entries.get(name);
    if (!entry) throw noTensor(name);
    return this.opened.tensor(entry);
  }

  /** `count` values from entry `first` on. Rejects with what `get` throws. */
  async values(name: string, first: number, count: number, signal?: AbortSignal): Promise<Values> {
    const tensor = this.get(name);
    const { bytes, skip } = await tensor.read(first, count, signal);
    const values = valuesFor(tensor.dtype, count);
    decodeValues(tensor.dtype, bytes, values, skip);
    return values;
  }

  /**
   * All values of a tensor that is not read row by row. The last one is cached whatever its size, because the experts of
   * one layer are interleaved in it. Rejects with what `get` throws, or with `CheckpointError` TooLarge.
   */
  async whole(name: string, signal?: AbortSignal): Promise<Values> {
    if (this.lastWhole?.name === name) return this.lastWhole.values;
    const size = this.get(name).entry.shape.reduce((product, side) => product * side, 1);
    if (8 * size > MAX_DECODED_BYTES) {
      const message = `tensor ${quoted(name)}: ${size} entries are too many to hold, at most ${MAX_DECODED_BYTES / 8}`;
      throw new CheckpointError('TooLarge', message, name);
    }
    const values = await this.values(name, 0, size, signal);
    this.lastWhole = { name, values };
    return values;
  }

  clear(): void {
    this.lastWhole = null;
  }

  async close(): Promise<void> {
    await this.opened.close();
  }
}
