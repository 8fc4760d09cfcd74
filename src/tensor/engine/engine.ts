/**
 * The numeric engine: memory, kernels and threads behind a few operations. kernels.ts describes the builds, arena.ts
 * the memory, jobTable.ts the threads.
 *
 * The engine is single-threaded without `spawn`, and for products too small to repay waking a thread. Results do not
 * depend on the number of threads, because every entry of a product is computed by the same sequence of operations on
 * any thread.
 */

import { ArgumentError } from '../errors';
import type { Gemm, GemmLayout } from '../gemm';
import { Arena } from './arena';
import { Crew } from './crew';
import type { Call } from './crew';
import { EngineError } from './engineError';
import { OWN_SCRATCH } from './jobTable';
import { bindKernels, compileKernels, fastestBuild, trialBytes } from './kernels';
import type { BoundKernels, GemmBuild, KernelModules } from './kernels';
import { PackedMatrix, ResidentArray } from './resident';
import { gemmOperation } from './thread';
import type { SpawnThread } from './thread';

/** Scratch memory per thread: the most that a product needs (workBytes of the largest blocks), rounded up. */
const SCRATCH_BYTES = 8 * 2 ** 20;
/** Floating-point operations from which waking a thread (up to 0.2 ms after a pause) pays off. */
const SHARE_FLOPS = 20e6;
/** Operations from which timing the builds first (4 ms) pays off. */
const TRIAL_FLOPS = 20e6;
/** Limit on the operand space kept between products. A larger space is freed after its product. */
const KEPT_OPERAND_BYTES = 32 * 2 ** 20;
/** Shares of a product start at multiples of this number, which every tile's rows and columns divide. */
const COLUMN_STEP = 24;
const ROW_STEP = 12;

export interface EngineOptions {
  /** The number of threads. Default 1. More require `spawn`, SharedArrayBuffer, and a caller that may block. */
  readonly threads?: number;
  readonly spawn?: SpawnThread;
  /** Whether the memory is shared, which threads require. Default: yes if SharedArrayBuffer exists. */
  readonly shared?: boolean;
  /** Builds of the matrix product to choose from, for tests and benchmarks. */
  readonly builds?: readonly GemmBuild[];
}

/** One product out = A·B or out += A·B, given by addresses. The shapes are those of `Gemm`. */
interface Product {
  readonly layout: GemmLayout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  /** An address, or an operand packed by `pack`, for which the layout's second letter is ignored. */
  readonly b: number | PackedMatrix;
  readonly out: number;
  readonly accumulate?: boolean;
}

export class Engine {
  readonly arena: Arena;
  readonly kernels: BoundKernels;
  readonly crew: Crew;
  /** Scratch memory of this thread. */
  readonly scratch: number;
  private readonly modules: KernelModules;
  private chosen: number | undefined;
  private operands = { at: 0, bytes: 0 };

  /** @throws EngineError if the platform lacks WebAssembly SIMD or memory. */
  constructor({ threads = 1, spawn, builds, shared = typeof SharedArrayBuffer === 'function' }: EngineOptions = {}) {
    this.arena = new Arena(shared);
    this.modules = compileKernels(shared, builds);
    this.kernels = bindKernels(this.modules, this.arena.memory);
    this.kernels.scan.writeConstants();
    this.scratch = this.arena.allocate(SCRATCH_BYTES);
    this.crew = new Crew(this.arena, this.kernels, this.modules, spawn, shared ? threads : 1, SCRATCH_BYTES);
    if (this.modules.gemm.length === 1) this.chosen = 0;
  }

  get threads(): number {
    return this.crew.threads;
  }

  /** The build in use. Before any timing, the first one to try. */
  get build(): GemmBuild {
    return this.modules.gemm[this.chosen ?? 0]!.build;
  }

  /** Allocates memory for `length` numbers, with undefined content. @throws EngineError if memory is full. */
  allocate(length: number): ResidentArray {
    return new ResidentArray(this.arena, this.arena.allocate(4 * length), length);
  }

  /** Copies numbers into the engine's memory, where they stay. */
  keep(values: ArrayLike<number>): ResidentArray {
    const own = values instanceof Float32Array ? this.addressOf(values) : undefined;
    const array = this.allocate(values.length);
    // The allocation may have grown the memory and detached the view that was passed in.
    array.data.set(own === undefined ? values : this.arena.float32(own, array.length));
    return array;
  }

  /** Times the builds now instead of before the first large product. Takes about 4 ms. */
  chooseBuild(): GemmBuild {
    if (this.chosen === undefined) {
      const at = this.arena.allocate(trialBytes(this.kernels));
      this.arena.bytes(at, trialBytes(this.kernels)).fill(0);
      this.chosen = fastestBuild(this.kernels, at, () => performance.now());
      this.arena.release(at);
    }
    return this.build;
  }

  private buildFor(flops: number): number {
    if (flops >= TRIAL_FLOPS) this.chooseBuild();
    return this.chosen ?? 0;
  }

  /** Packs a right operand that many products will use. b is (k, n), or (n, k) for layout NT, at an address. */
  pack(layout: GemmLayout, n: number, k: number, b: number): PackedMatrix {
    // A weight this large will be used in products that large, and panels of one build do not fit another.
    const build = this.buildFor(2 * n * k * COLUMN_STEP);
    this.chosen ??= build;
    const gemm = this.kernels.gemm[build]!;
    const address = this.arena.allocate(gemm.packedBytes(n, k) >>> 0);
    gemm.pack(layout === 'NT' ? 1 : 0, b, layout === 'NT' ? k : n, n, k, address);
    return new PackedMatrix(this.arena, address, k, n, build);
  }

  /** Computes one product of matrices in the engine's memory. */
  multiply(product: Product): void {
    const { m, n, k } = product;
    const flops = 2 * m * n * k;
    const { b } = product;
    if (typeof b !== 'number' && (b.k !== k || b.n !== n || !b.isLive)) {
      throw new ArgumentError('Engine.multiply: b', `a live packed matrix (${k}, ${n})`, `(${b.k}, ${b.n})`);
    }
    const build = typeof b === 'number' ? this.buildFor(flops) : b.build;
    const parts = flops < SHARE_FLOPS ? 1 : this.threads;
    this.crew.run(shares(product, parts, build), this.scratch);
  }

  /**
   * Computes `Gemm` on any arrays. Operands outside the engine's memory are copied in, and the result is copied out.
   */
  readonly gemm: Gemm = (layout, m, n, k, a, b, out) => {
    const own = [a, b, out].map((array) => this.addressOf(array));
    const sizes = [a, b, out].map((array, i) => (own[i] === undefined ? array.length * 4 : 0));
    const bytes = sizes.reduce((sum, size) => sum + Math.ceil(size / 64) * 64, 0);
    let at = bytes > 0 ? this.operandSpace(bytes) : 0;
    const places = own.map((address, i) => {
      if (address !== undefined) return address;
      const place = at;
      at += Math.ceil(sizes[i]! / 64) * 64;
      return place;
    });
    if (own[0] === undefined) this.arena.float32(places[0]!, a.length).set(a);
    if (own[1] === undefined) this.arena.float32(places[1]!, b.length).set(b);
    this.multiply({ layout, m, n, k, a: places[0]!, b: places[1]!, out: places[2]! });
    if (own[2] === undefined) out.set(this.arena.float32(places[2]!, out.length));
    if (this.operands.bytes > KEPT_OPERAND_BYTES) this.operandSpace(0);
  };

  /** The address of an array in the engine's memory, or undefined if it is elsewhere. */
  addressOf(array: Float32Array): number | undefined {
    return array.length > 0 && this.arena.holds(array.buffer) ? array.byteOffset : undefined;
  }

  /** Space for copied operands, kept between calls. A size of 0 frees it. */
  private operandSpace(bytes: number): number {
    if (bytes > this.operands.bytes || bytes === 0) {
      if (this.operands.bytes > 0) this.arena.release(this.operands.at);
      this.operands = { at: 0, bytes: 0 };
      if (bytes > 0) this.operands = { at: this.arena.allocate(bytes), bytes };
    }
    return this.operands.at;
  }

  /** Stops the threads. The memory is freed when nothing refers to the engine. */
  dispose(): void {
    this.crew.dispose();
  }
}

/** Splits a product into calls, by columns if there are more columns than rows, otherwise by rows. */
function shares(product: Product, parts: number, build: number): Call[] {
  const { m, n } = product;
  const byColumns = n >= m;
  const [length, step] = byColumns ? [n, COLUMN_STEP] : [m, ROW_STEP];
  const size = Math.max(step, Math.ceil(length / parts / step) * step);
  const calls: Call[] = [];
  for (let start = 0; start < length || start === 0; start += size) {
    const count = Math.min(size, length - start);
    calls.push(byColumns ? share(product, build, 0, m, start, count) : share(product, build, start, count, 0, n));
  }
  return calls;
}

function share(product: Product, build: number, row: number, rows: number, column: number, columns: number): Call {
  const { layout, m, n, k, b } = product;
  const transA = layout === 'TN' ? 1 : 0;
  const a = product.a + 4 * (transA ? row : row * k);
  const lda = transA ? m : k;
  const out = product.out + 4 * (row * n + column);
  const add = product.accumulate ? 1 : 0;
  if (typeof b !== 'number') {
    const args = [transA, rows, columns, k, a, lda, b.address, n, column, out, n, add, OWN_SCRATCH];
    return { operation: gemmOperation(build, 'sgemmPacked'), args };
  }
  const transB = layout === 'NT' ? 1 : 0;
  const from = b + 4 * (transB ? column * k : column);
  const args = [transA, transB, rows, columns, k, a, lda, from, transB ? k : n, out, n, add, OWN_SCRATCH];
  return { operation: gemmOperation(build, 'sgemm'), args };
}

/** Creates an engine, or returns `null` if the platform cannot run one. */
export function tryCreateEngine(options: EngineOptions = {}): Engine | null {
  try {
    return new Engine(options);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}
