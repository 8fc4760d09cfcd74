/**
 * The engine that the core's products go through, and how the plain code and the engine take turns.
 *
 * It is made at the first work large enough for it, on one thread; a worker that has threads to give says so with
 * `configureEngine` before that. Without WebAssembly SIMD there is none, and the plain loops do everything.
 */

import { blockedGemm } from '../blockedGemm';
import type { Gemm } from '../gemm';
import type { Engine, EngineOptions } from './engine';
import { tryCreateEngine } from './engine';

/** Multiply-adds below which the plain loops are done before operands would be copied. */
const LEAST_WORK = 16384;

let engine: Engine | null | undefined;
let options: EngineOptions = {};

/** The engine in use; null where the platform cannot run one. */
export function currentEngine(): Engine | null {
  // Not every platform that has shared memory gives as much of it as is reserved.
  if (engine === undefined) engine = tryCreateEngine(options) ?? tryCreateEngine({ ...options, shared: false });
  return engine;
}

/** How the engine is to be made, once it is needed: nothing is started before. */
export function configureEngine(wanted: EngineOptions): void {
  options = wanted;
  engine = undefined;
}

/** Replaces the engine in use: by one with threads, or by null to have the plain loops alone. */
export function useEngine(replacement: Engine | null): void {
  engine = replacement;
}

/** What `matmul` calls: the engine's product where it pays, else the plain one. */
export const engineGemm: Gemm = (layout, m, n, k, a, b, out) => {
  const gemm = m * n * k < LEAST_WORK ? blockedGemm : (currentEngine()?.gemm ?? blockedGemm);
  gemm(layout, m, n, k, a, b, out);
};
