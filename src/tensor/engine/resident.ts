/** Numbers that live in the engine's memory between calls. */

import type { Arena } from './arena';

/** Frees what was forgotten, when the collector finds its handle unreachable. A safety net: call `free`. */
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

  /** False once freed: the address may then be anyone's. */
  get isLive(): boolean {
    return this.live;
  }

  /** Gives the memory back; views of it must not be used any more. Freeing twice does nothing. */
  free(): void {
    if (!this.live) return;
    this.live = false;
    forgotten.unregister(this);
    this.arena.release(this.address);
  }
}

/** A row-major float32 array in the engine's memory. Views do not keep it alive: keep the handle. */
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

  /** The numbers in place. Ask again after anything else was allocated: memory that grows may detach older views. */
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
    /** Rows and columns of the operand as the product sees it, that is after any transposition. */
    readonly k: number,
    readonly n: number,
    /** Index of the build whose panels these are. */
    readonly build: number,
  ) {
    super(arena, address);
  }
}
