/**
 * The loop of an engine thread: sleep until there is a job, take calls, run them, sleep again. The coordinator takes
 * calls with the same code. How threads are started is left to `SpawnThread`.
 */

import { CALL_SLOTS, callsOf, CALLS_AT, MAX_CALLS, ownArguments, takenOf, WORD } from './jobTable';
import type { Hand } from './jobTable';
import { bindKernels } from './kernels';
import type { BoundKernels, Kernel, KernelModules, ScanKernels } from './kernels';
import type { WasmMemory } from './webAssembly';

/** Everything that a thread needs. It can be posted. */
export interface ThreadData extends Hand {
  readonly memory: WasmMemory;
  readonly modules: KernelModules;
}

export interface ThreadHandle {
  terminate(): void;
}

/** Starts a thread that calls `serveThread(data)`. */
export type SpawnThread = (data: ThreadData) => ThreadHandle;

/** Operation numbers: the operations of the first matrix build, those of the next builds, then the scan kernels. */
const GEMM_OPERATIONS = ['sgemm', 'sgemmPacked', 'pack'] as const;
const SCAN_OPERATIONS = [
  'colourCells',
  'countCodes16',
  'countCodes8',
  'decode32',
  'dequantizeNf4',
  'histogram',
  'moments',
  'panels64',
  'poolRows',
  'product64',
  'quantizeNf4',
] as const satisfies readonly (keyof ScanKernels)[];

/** First number of the scan kernels, which leaves room for five builds of the matrix product. */
const SCAN_FIRST = 16;

type GemmOperation = (typeof GEMM_OPERATIONS)[number];
type ScanOperation = (typeof SCAN_OPERATIONS)[number];

export function gemmOperation(build: number, name: GemmOperation): number {
  return build * GEMM_OPERATIONS.length + GEMM_OPERATIONS.indexOf(name);
}

export function scanOperation(name: ScanOperation): number {
  return SCAN_FIRST + SCAN_OPERATIONS.indexOf(name);
}

export function operationTable(kernels: BoundKernels): Kernel[] {
  const table: Kernel[] = [];
  kernels.gemm.forEach((gemm, build) => {
    for (const name of GEMM_OPERATIONS) table[gemmOperation(build, name)] = gemm[name];
  });
  for (const name of SCAN_OPERATIONS) table[scanOperation(name)] = kernels.scan[name];
  return table;
}

/** Takes and runs calls until none is left. */
export function takeCalls(memory: WasmMemory, operations: readonly Kernel[], hand: Hand): void {
  const words = new Int32Array(memory.buffer, 0, CALLS_AT / 4);
  const slots = new Float64Array(memory.buffer, CALLS_AT, MAX_CALLS * CALL_SLOTS);
  for (;;) {
    const ticket = Atomics.load(words, WORD.ticket);
    const call = takenOf(ticket);
    const calls = callsOf(ticket);
    if (call >= calls) return;
    // Read before taking the call: afterwards the coordinator may write the next job there.
    const at = call * CALL_SLOTS;
    const operation = slots[at]!;
    const args = ownArguments(slots, at + 2, Math.min(slots[at + 1]!, CALL_SLOTS - 2), hand);
    if (Atomics.compareExchange(words, WORD.ticket, ticket, ticket + 1) !== ticket) continue;
    try {
      operations[operation]!(...args);
    } catch {
      Atomics.store(words, WORD.failed, 1);
    }
    if (Atomics.add(words, WORD.finished, 1) + 1 === calls) Atomics.notify(words, WORD.finished);
  }
}

/**
 * Iterations of a loop that checks for the next job before sleeping, some 50 microseconds. Jobs of a scan follow each
 * other faster than that, and waking takes longer: up to a third of a millisecond on a virtual machine.
 */
const SPIN_TURNS = 1500;

/** Runs until the engine is disposed. Sleeps while there is no work. */
export function serveThread({ memory, modules, ...hand }: ThreadData): void {
  const operations = operationTable(bindKernels(modules, memory));
  const words = new Int32Array(memory.buffer, 0, CALLS_AT / 4);
  while (Atomics.load(words, WORD.stop) === 0) {
    const signal = Atomics.load(words, WORD.signal);
    takeCalls(memory, operations, hand);
    let turns = SPIN_TURNS;
    while (turns > 0 && Atomics.load(words, WORD.signal) === signal) turns--;
    if (turns === 0 && Atomics.load(words, WORD.stop) === 0) Atomics.wait(words, WORD.signal, signal);
  }
}
