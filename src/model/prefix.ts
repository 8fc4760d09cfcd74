/**
 * The prefix of one layer: learned keys and values before those of the tokens (../peft/prefixTuning.ts).
 *
 * PEFT saves all layers in one tensor `prompt_embeddings` (prefixLength, layers·2·keyValueWidth): a row holds, layer by
 * layer, the key and then the value of one position.
 */

import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { TokenBatch } from './batch';
import type { Parameter } from './parameter';

type PrefixSide = 'key' | 'value';

export class LayerPrefix {
  readonly trains: boolean;

  constructor(
    /** (prefixLength, layers·2·width). */
    private readonly embeddings: Parameter,
    private readonly layer: number,
    /** Features of a key or a value: keyValueHeads·headDim. */
    private readonly width: number,
    private readonly workspace: Workspace,
  ) {
    this.trains = embeddings.grad !== null;
  }

  /** [prefix; rows] for every sequence: (rows + sequences·prefixLength, width). */
  prepend(side: PrefixSide, own: Tensor, { starts, prefixLength, rows }: TokenBatch): Tensor {
    const { width } = this;
    const sequences = starts.length - 1;
    const all = this.workspace.take(rows + sequences * prefixLength, width);
    for (let sequence = 0; sequence < sequences; sequence++) {
      const [start, end] = [starts[sequence]!, starts[sequence + 1]!];
      const first = start + sequence * prefixLength;
      for (let i = 0; i < prefixLength; i++) {
        const at = this.offset(side, i);
        all.data.set(this.embeddings.value.data.subarray(at, at + width), (first + i) * width);
      }
      all.data.set(own.data.subarray(start * width, end * width), (first + prefixLength) * width);
    }
    return all;
  }

  /** Adds the gradient of the prefix, summed over the sequences. @returns the gradient of the rows alone. */
  separate(side: PrefixSide, gradAll: Tensor, { starts, prefixLength, rows }: TokenBatch): Tensor {
    const { width } = this;
    const gradOwn = this.workspace.take(rows, width);
    const grad = this.embeddings.grad?.data;
    for (let sequence = 0; sequence + 1 < starts.length; sequence++) {
      const [start, end] = [starts[sequence]!, starts[sequence + 1]!];
      const first = (start + sequence * prefixLength) * width;
      for (let i = 0; grad && i < prefixLength; i++) {
        const at = this.offset(side, i);
        for (let j = 0; j < width; j++) grad[at + j] = grad[at + j]! + gradAll.data[first + i * width + j]!;
      }
      const ownStart = first + prefixLength * width;
      gradOwn.data.set(gradAll.data.subarray(ownStart, ownStart + (end - start) * width), start * width);
    }
    return gradOwn;
  }

  private offset(side: PrefixSide, position: number): number {
    const part = 2 * this.layer + (side === 'value' ? 1 : 0);
    return position * this.embeddings.value.shape[1]! + part * this.width;
  }
}
