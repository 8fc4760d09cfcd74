/**
 * Memory of a computation that repeats, such as a training step: every step takes the same tensors in the same order,
 * so the tensors of the last step are handed out again. A step that repeats allocates nothing.
 *
 * The tensors lie in the engine's memory, where products read and write them in place. Without an engine, or if its
 * memory is not shared and may therefore move, they are ordinary arrays.
 */

import type { ResidentArray } from './engine/resident';
import { currentEngine } from './engine/current';
import { Tensor } from './tensor';

interface Slot {
  /** The whole array, which may be larger than the tensor of the current step. */
  array: Float32Array;
  tensor: Tensor;
  owner: ResidentArray | null;
}

export class Workspace {
  private readonly slots: Slot[] = [];
  private readonly kept: ResidentArray[] = [];
  private next = 0;

  /** Starts a step. Tensors that the last step took may be overwritten from now on. */
  restart(): void {
    this.next = 0;
  }

  /** A tensor for the rest of this step, with undefined content. */
  take(...shape: number[]): Tensor {
    const slot = this.slots[this.next];
    const size = shape.reduce((product, length) => product * length, 1);
    if (!slot || slot.array.length < size) {
      slot?.owner?.free();
      const { array, owner } = allocate(size);
      const tensor = new Tensor(array, shape);
      this.slots[this.next++] = { array, tensor, owner };
      return tensor;
    }
    this.next++;
    if (!sameShape(slot.tensor.shape, shape)) slot.tensor = new Tensor(slot.array.subarray(0, size), shape);
    return slot.tensor;
  }

  /** A tensor of zeros for the rest of this step. */
  zeros(...shape: number[]): Tensor {
    const tensor = this.take(...shape);
    tensor.data.fill(0);
    return tensor;
  }

  /** A tensor that lasts as long as the workspace: a copy of the values, or zeros. */
  keep(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    const { array, owner } = allocate(shape.reduce((product, length) => product * length, 1));
    if (owner) this.kept.push(owner);
    if (values) array.set(values);
    else array.fill(0);
    return new Tensor(array, shape);
  }

  /** Values that the slots hold: the memory of the largest step so far. */
  get stepValues(): number {
    return this.slots.reduce((sum, { array }) => sum + array.length, 0);
  }

  /** Frees all memory. Tensors of the workspace must no longer be used. */
  dispose(): void {
    for (const { owner } of this.slots) owner?.free();
    for (const owner of this.kept) owner.free();
    this.slots.length = 0;
    this.kept.length = 0;
  }
}

function allocate(size: number): { array: Float32Array; owner: ResidentArray | null } {
  const engine = currentEngine();
  if (!engine?.arena.shared || size === 0) return { array: new Float32Array(size), owner: null };
  const owner = engine.allocate(size);
  return { array: owner.data, owner };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, d) => size === b[d]);
}
