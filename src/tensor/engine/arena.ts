/**
 * The engine's memory: one WebAssembly memory, divided into blocks that are freed explicitly.
 *
 * Allocation is first fit over a list of free blocks, and adjacent free blocks are merged. Blocks are few and large
 * (weights, activations, scratch), so a list is sufficient.
 *
 * The memory is shared wherever the platform allows it, even without threads, because growing an unshared memory
 * detaches every view of it. If it is not shared, views must be created again after each allocation.
 */

import { EngineError } from './engineError';
import { WASM_PAGE_BYTES, webAssembly } from './webAssembly';
import type { WasmMemory } from './webAssembly';

/** Blocks start at cache lines. */
const ALIGNMENT = 64;
/** The range of 32-bit addresses, less the last page so that every end is an address too. */
const MAXIMUM_PAGES = 65535;
/** The first page is never allocated: 0 is no valid address, and threads keep their job table in this page. */
export const RESERVED_BYTES = WASM_PAGE_BYTES;
/** Minimum growth of the memory, so that many small blocks do not cause many growths. */
const GROWTH_BYTES = 4 * 2 ** 20;

interface Block {
  start: number;
  end: number;
}

export class Arena {
  readonly memory: WasmMemory;
  readonly shared: boolean;
  private readonly free: Block[] = [];
  private readonly sizes = new Map<number, number>();
  private readonly buffers = new WeakSet<object>();
  private latest: object | null = null;
  private end = RESERVED_BYTES;
  private used = 0;

  /** @throws EngineError if the platform refuses the memory. */
  constructor(shared: boolean) {
    if (!webAssembly) throw new EngineError('this platform has no WebAssembly');
    this.shared = shared;
    const limits = { initial: 1, maximum: MAXIMUM_PAGES + 1 };
    try {
      this.memory = new webAssembly.Memory(shared ? { ...limits, shared } : limits);
    } catch (error) {
      throw new EngineError(`cannot create ${shared ? 'shared ' : ''}WebAssembly memory: ${String(error)}`);
    }
  }

  /** Allocated bytes that are not freed yet. */
  get usedBytes(): number {
    return this.used;
  }

  /**
   * Returns the address of a new block, aligned to ALIGNMENT, with undefined content. @throws EngineError if memory is
   * full.
   */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new EngineError(`cannot allocate ${bytes} bytes`);
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const start = this.takeFree(size) ?? this.takeNew(size);
    this.sizes.set(start, size);
    this.used += size;
    return start;
  }

  private takeFree(size: number): number | undefined {
    const index = this.free.findIndex((block) => block.end - block.start >= size);
    const block = this.free[index];
    if (!block) return undefined;
    const { start } = block;
    block.start += size;
    if (block.start === block.end) this.free.splice(index, 1);
    return start;
  }

  private takeNew(size: number): number {
    const last = this.free.at(-1);
    // A free block at the very end is extended instead of skipped.
    const start = last && last.end === this.end ? last.start : this.end;
    const missing = start + size - this.memory.buffer.byteLength;
    if (missing > 0) this.grow(missing, size);
    if (start !== this.end) this.free.pop();
    this.end = start + size;
    return start;
  }

  private grow(missing: number, size: number): void {
    const least = Math.ceil(missing / WASM_PAGE_BYTES);
    const pages = this.memory.buffer.byteLength / WASM_PAGE_BYTES;
    const wanted = Math.max(least, Math.min(Math.ceil(GROWTH_BYTES / WASM_PAGE_BYTES), MAXIMUM_PAGES - pages));
    try {
      this.memory.grow(wanted);
    } catch {
      throw new EngineError(
        `cannot grow memory by ${size} bytes: ${this.used} of ${MAXIMUM_PAGES * WASM_PAGE_BYTES} in use`,
      );
    }
  }

  /** @throws EngineError if no allocated block starts at the address. */
  release(start: number): void {
    const size = this.sizes.get(start);
    if (size === undefined) throw new EngineError(`no block starts at ${start}`);
    this.sizes.delete(start);
    this.used -= size;
    const after = this.free.findIndex((block) => block.start > start);
    const index = after < 0 ? this.free.length : after;
    this.free.splice(index, 0, { start, end: start + size });
    this.join(index);
    if (index > 0) this.join(index - 1);
  }

  private join(index: number): void {
    const [block, next] = [this.free[index], this.free[index + 1]];
    if (!block || !next || block.end !== next.start) return;
    block.end = next.end;
    this.free.splice(index + 1, 1);
  }

  /** Whether a view's buffer belongs to this memory, now or before it grew. */
  holds(buffer: object): boolean {
    return this.buffers.has(buffer);
  }

  /**
   * The buffer for a new view. The platform makes a new object for it when the memory grows, and V8 may replace that one
   * later, when it tells the threads of the growth.
   */
  private get buffer(): WasmMemory['buffer'] {
    const { buffer } = this.memory;
    if (buffer !== this.latest) this.buffers.add(buffer);
    this.latest = buffer;
    return buffer;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, at, length);
  }

  float32(at: number, length: number): Float32Array {
    return new Float32Array(this.buffer, at, length);
  }

  float64(at: number, length: number): Float64Array {
    return new Float64Array(this.buffer, at, length);
  }

  int32(at: number, length: number): Int32Array {
    return new Int32Array(this.buffer, at, length);
  }

  uint32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.buffer, at, length);
  }
}
