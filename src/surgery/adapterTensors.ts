/** Reads ranges of an adapter's other tensors: magnitudes, biases and modules saved whole. */

import { decodeValues } from '../checkpoint/dtypes';
import type { FileAccess } from '../checkpoint/fileAccess';
import type { TensorEntry } from '../checkpoint/header';
import { openFiles } from '../matrices/openFiles';
import type { OpenedFiles } from '../matrices/openedFiles';
import { SurgeryError } from './errors';
import type { OpenedAdapter } from './readAdapter';

interface OpenedTensors {
  readonly opened: OpenedFiles;
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

export class AdapterTensors {
  private readonly known = new Map<string, OpenedTensors>();

  constructor(
    private readonly files: FileAccess,
    private readonly signal?: AbortSignal,
  ) {}

  /** `count` entries in float64 from entry `first` on. Rejects with `SurgeryError` ShapeMismatch if there are fewer. */
  async entries(adapter: OpenedAdapter, name: string, first: number, count: number): Promise<Float64Array> {
    const { opened, entries } = await this.open(adapter.path);
    const entry = entries.get(name)!;
    const size = entry.shape.reduce((product, side) => product * side, 1);
    if (first + count > size) {
      const message = `${name}: shape [${entry.shape.join(', ')}] has ${size} entries, expected ${first + count}`;
      throw new SurgeryError('ShapeMismatch', message, name);
    }
    const { bytes, skip } = await opened.tensor(entry).read(first, count, this.signal);
    const values = new Float64Array(count);
    decodeValues(entry.dtype, bytes, values, skip);
    return values;
  }

  async close(): Promise<void> {
    for (const { opened } of this.known.values()) await opened.close();
  }

  private async open(path: string): Promise<OpenedTensors> {
    const known = this.known.get(path);
    if (known) return known;
    const opened = await openFiles(this.files, path, this.signal);
    const tensors = { opened, entries: new Map(opened.header.tensors.map((entry) => [entry.name, entry])) };
    this.known.set(path, tensors);
    return tensors;
  }
}
