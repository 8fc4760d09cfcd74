/**
 * The engine that the core's matrix products use, and the choice between it and the plain code.
 *
 * The first large enough product creates the engine, with one thread. A worker that can provide threads calls
 * `configureEngine` before that. Without WebAssembly SIMD there is no engine, and plain loops compute everything.
 */

import { blockedGemm } from '../blockedGemm';
import type { Gemm } from '../gemm';
import type { Engine, EngineOptions } from './engine';
import { tryCreateEngine } from './engine';

/** Multiply-adds below which the plain loops finish before the operands would be copied. */
const LEAST_WORK = 8192;

let engine: Engine | null | undefined;
let options: EngineOptions = {};

/** The engine in use, or `null` if the platform cannot run one. */
export function currentEngine(): Engine | null {
  // Some platforms have shared memory but do not grant as much as is reserved.
  if (engine === undefined) engine = tryCreateEngine(options) ?? tryCreateEngine({ ...options, shared: false });
  return engine;
}

/** Sets the options for creating the engine. Nothing starts before the engine is needed. */
export function configureEngine(wanted: EngineOptions): void {
  options = wanted;
  engine = undefined;
}

/** Replaces the engine in use, with an engine that has threads or with `null` to use only the plain loops. */
export function useEngine(replacement: Engine | null): void {
  engine = replacement;
}

/** The product that `matmul` calls: the engine's if it pays off, the plain one otherwise. */
export const engineGemm: Gemm = (layout, m, n, k, a, b, out) => {
  const gemm = m * n * k < LEAST_WORK ? blockedGemm : (currentEngine()?.gemm ?? blockedGemm);
  gemm(layout, m, n, k, a, b, out);
};
