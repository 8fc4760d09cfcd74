/** Arrays that stay in the engine's memory between calls. */

import type { Arena } from './arena';

/** Frees blocks whose handle became unreachable. This is a safety net: call `free`. */
const forgotten = new FinalizationRegistry<{ readonly arena: Arena; readonly address: number }>(
  ({ arena, address }) => {
    arena.release(address);
  },
);

class ResidentBlock {
  private live = true;

  constructor(
    protected readonly arena: Arena,
    readonly address: number,
  ) {
    forgotten.register(this, { arena, address }, this);
  }

  /** False after the block is freed, when the address may belong to another block. */
  get isLive(): boolean {
    return this.live;
  }

  /** Frees the memory. Views of it must no longer be used. Freeing twice has no effect. */
  free(): void {
    if (!this.live) return;
    this.live = false;
    forgotten.unregister(this);
    this.arena.release(this.address);
  }
}

/** A row-major float32 array in the engine's memory. A view does not keep it alive; the handle does. */
export class ResidentArray extends ResidentBlock {
  private view: Float32Array;

  constructor(
    arena: Arena,
    address: number,
    readonly length: number,
  ) {
    super(arena, address);
    this.view = arena.float32(address, length);
  }

  /** A view of the numbers. Get a new one after any allocation, because growing memory can detach older views. */
  get data(): Float32Array {
    if (this.view.length !== this.length) this.view = this.arena.float32(this.address, this.length);
    return this.view;
  }
}

/** A frozen right operand (k, n), packed once for one build of the matrix product. */
export class PackedMatrix extends ResidentBlock {
  constructor(
    arena: Arena,
    address: number,
    /** Rows and columns of the operand in the product, after any transposition. */
    readonly k: number,
    readonly n: number,
    /** Index of the build that the panels are packed for. */
    readonly build: number,
  ) {
    super(arena, address);
  }
}
