/**
 * The compiled kernels (../kernels, AssemblyScript), and the choice among the three builds of the matrix product.
 *
 * The fused builds need relaxed SIMD, which `validate` detects. Which tile is faster depends on how the machine's V8
 * allocates registers, by a factor of up to two. This cannot be queried, so the first large enough product times the
 * builds. Small products take the same 4 x 8 path in every build.
 */

import { EngineError } from './engineError';
import { KERNEL_BYTES } from './kernelBytes';
import { decodeBase64, webAssembly } from './webAssembly';
import type { WasmMemory, WasmModule } from './webAssembly';

export type GemmBuild = 'gemm6x8' | 'gemm3x12' | 'gemm4x8';

export const GEMM_BUILDS: readonly GemmBuild[] = ['gemm6x8', 'gemm3x12', 'gemm4x8'];

/** Arguments are addresses, counts and numbers, as documented in the kernels' sources. */
export type Kernel = (...args: number[]) => number;

export interface GemmKernels {
  readonly workBytes: Kernel;
  readonly packedBytes: Kernel;
  readonly tileColumns: Kernel;
  readonly pack: Kernel;
  readonly sgemm: Kernel;
  readonly sgemmPacked: Kernel;
}

export interface ScanKernels {
  readonly attend: Kernel;
  readonly attendBackward: Kernel;
  readonly applyReflectors: Kernel;
  readonly bidiagonalize: Kernel;
  readonly clearCells: Kernel;
  readonly colourCells: Kernel;
  readonly countCodes16: Kernel;
  readonly countCodes8: Kernel;
  readonly decode32: Kernel;
  readonly decode64: Kernel;
  readonly dequantizeNf4: Kernel;
  readonly finishCells: Kernel;
  readonly foldCounts: Kernel;
  readonly histogram: Kernel;
  readonly householder: Kernel;
  readonly moments: Kernel;
  readonly panels64: Kernel;
  readonly poolRows: Kernel;
  readonly product64: Kernel;
  readonly quantizeNf4: Kernel;
  readonly siluGate: Kernel;
  readonly siluGateBackward: Kernel;
  readonly writeConstants: Kernel;
}

/** Compiled but not bound to a memory. Plain data that can be posted to a thread. */
export interface KernelModules {
  readonly scan: WasmModule;
  /** The builds that this platform runs, in the order of GEMM_BUILDS. */
  readonly gemm: readonly { readonly build: GemmBuild; readonly module: WasmModule }[];
}

/** Flags of a memory's limits in a module: a maximum (1), and shared (2). */
const SHARED_WITH_MAXIMUM = 3;

function moduleBytes(name: keyof typeof KERNEL_BYTES, shared: boolean): Uint8Array {
  const { base64, shared: offset } = KERNEL_BYTES[name];
  const bytes = decodeBase64(base64);
  if (shared) bytes[offset] = SHARED_WITH_MAXIMUM;
  return bytes;
}

/**
 * @param shared whether the kernels' memory is shared, which is part of a module's type.
 * @param only compiles just these builds of the matrix product, for tests and benchmarks.
 * @throws EngineError if the platform has no WebAssembly SIMD.
 */
export function compileKernels(shared: boolean, only: readonly GemmBuild[] = GEMM_BUILDS): KernelModules {
  if (!webAssembly) throw new EngineError('this platform has no WebAssembly');
  const api = webAssembly;
  // Validation takes as long as compilation. The fused builds need the same features, so validating one of them
  // suffices. The plain build is the slowest and needs only SIMD; it serves platforms that lack relaxed SIMD.
  const fused = only.filter((build) => build !== 'gemm4x8');
  const runsFused = fused.length > 0 && api.validate(moduleBytes(fused[0]!, shared));
  const runsPlain = !runsFused && only.includes('gemm4x8') && api.validate(moduleBytes('gemm4x8', shared));
  const chosen = runsFused ? fused : runsPlain ? (['gemm4x8'] as const) : [];
  if (chosen.length === 0)
    throw new EngineError(`this platform runs none of ${only.join(', ')}: it has no WebAssembly SIMD`);
  const compile = (name: keyof typeof KERNEL_BYTES): WasmModule => new api.Module(moduleBytes(name, shared));
  return { scan: compile('scan'), gemm: chosen.map((build) => ({ build, module: compile(build) })) };
}

export interface BoundKernels {
  readonly scan: ScanKernels;
  readonly gemm: readonly GemmKernels[];
}

export function bindKernels(modules: KernelModules, memory: WasmMemory): BoundKernels {
  if (!webAssembly) throw new EngineError('this platform has no WebAssembly');
  const { Instance } = webAssembly;
  const exportsOf = <T>(module: WasmModule): T => new Instance(module, { env: { memory } }).exports as T;
  return {
    scan: exportsOf<ScanKernels>(modules.scan),
    gemm: modules.gemm.map(({ module }) => exportsOf<GemmKernels>(module)),
  };
}

/** Side of the square product that times a build: 0.4 ms in a slow build, within the cache, above the small path. */
const TRIAL_SIDE = 192;
/** Milliseconds per build: enough for the optimising compiler, which starts after a few calls, to take over. */
const TRIAL_MS = 2;

/** Bytes that `fastestBuild` needs: three matrices and their scratch memory. */
export function trialBytes(kernels: BoundKernels): number {
  const scratch = kernels.gemm.reduce((most, g) => Math.max(most, g.workBytes(TRIAL_SIDE, TRIAL_SIDE, TRIAL_SIDE)), 0);
  return 3 * 4 * TRIAL_SIDE ** 2 + scratch;
}

/**
 * Speed-up that a later build needs to replace an earlier one. GEMM_BUILDS is ordered by speed where the compiler uses
 * registers well. The builds then differ by 7 %, which a short trial cannot resolve; elsewhere the larger tile takes
 * twice as long.
 */
const DISPLACES = 1.25;

/**
 * Index of the first build that no later one beats clearly. The operands are zeros, since values do not affect the
 * time.
 */
export function fastestBuild(kernels: BoundKernels, at: number, now: () => number): number {
  const side = TRIAL_SIDE;
  const bytes = 4 * side ** 2;
  const trial = (g: GemmKernels): number => {
    let least = Infinity;
    for (const start = now(); now() - start < TRIAL_MS;) {
      const before = now();
      g.sgemm(0, 0, side, side, side, at, side, at + bytes, side, at + 2 * bytes, side, 0, at + 3 * bytes);
      least = Math.min(least, now() - before);
    }
    return least;
  };
  const best = kernels.gemm.map(trial);
  let chosen = 0;
  for (let i = 1; i < best.length; i++) {
    const ahead = (): boolean => best[i]! * DISPLACES < best[chosen]!;
    // A second trial before it is replaced: the first may have ended before the optimising compiler was done.
    if (ahead()) best[chosen] = Math.min(best[chosen]!, trial(kernels.gemm[chosen]!));
    if (ahead()) chosen = i;
  }
  return chosen;
}
