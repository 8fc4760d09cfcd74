/** The coordinator's side of the threads: it publishes a job, takes part in it, and waits for the other threads. */

import type { Arena } from './arena';
import { EngineError } from './engineError';
import { CALL_SLOTS, CALLS_AT, MAX_CALLS, ownArguments, ticketOf, WORD } from './jobTable';
import type { BoundKernels, Kernel, KernelModules } from './kernels';
import { operationTable, takeCalls } from './thread';
import type { SpawnThread, ThreadHandle } from './thread';

/**
 * A kernel by its number (thread.ts) with its arguments. jobTable.ts defines the arguments that depend on the thread.
 */
export interface Call {
  readonly operation: number;
  readonly args: readonly number[];
}

/** Iterations of a loop that checks whether the others are done before it sleeps: about 20 microseconds. */
const SPIN_TURNS = 500;
/** A thread counts as dead if no call finishes for this long. */
const PATIENCE_MS = 60_000;

export class Crew {
  private readonly operations: readonly Kernel[];
  private readonly handles: ThreadHandle[] = [];
  private job = 0;

  constructor(
    private readonly arena: Arena,
    kernels: BoundKernels,
    private readonly modules: KernelModules,
    private readonly spawn: SpawnThread | undefined,
    /** The number of threads, including the coordinator. */
    readonly threads: number,
    private readonly scratchBytes: number,
  ) {
    this.operations = operationTable(kernels);
  }

  /** Runs all calls on this thread and the others. @throws EngineError if a kernel traps or a thread dies. */
  run(calls: readonly Call[], scratch: number): void {
    if (calls.length === 1 || this.threads === 1 || !this.spawn) {
      for (const call of calls) this.runHere(call, scratch);
      return;
    }
    for (let i = 0; i < calls.length; i += MAX_CALLS) this.share(calls.slice(i, i + MAX_CALLS), scratch);
  }

  private runHere({ operation, args }: Call, scratch: number): void {
    const own = ownArguments(args, 0, args.length, { scratch, number: 0 });

    this.operations[operation]!(...own);
  }

  private share(calls: readonly Call[], scratch: number): void {
    this.start();
    const slots = this.arena.float64(CALLS_AT, calls.length * CALL_SLOTS);
    calls.forEach(({ operation, args }, i) => {
      slots[i * CALL_SLOTS] = operation;
      slots[i * CALL_SLOTS + 1] = args.length;
      slots.set(args, i * CALL_SLOTS + 2);
    });
    const words = this.arena.int32(0, CALLS_AT / 4);
    Atomics.store(words, WORD.finished, 0);
    Atomics.store(words, WORD.failed, 0);
    Atomics.store(words, WORD.ticket, ticketOf(++this.job, calls.length, 0));
    Atomics.add(words, WORD.signal, 1);
    Atomics.notify(words, WORD.signal);
    takeCalls(this.arena.memory, this.operations, { scratch, number: 0 });
    this.join(words, calls.length);
    if (Atomics.load(words, WORD.failed) !== 0)
      throw new EngineError('a kernel trapped: its arguments lie outside memory');
  }

  private join(words: Int32Array, calls: number): void {
    for (let turn = 0; turn < SPIN_TURNS; turn++) {
      if (Atomics.load(words, WORD.finished) === calls) return;
    }
    for (;;) {
      const finished = Atomics.load(words, WORD.finished);
      if (finished === calls) return;
      if (Atomics.wait(words, WORD.finished, finished, PATIENCE_MS) === 'timed-out') {
        this.dispose();
        throw new EngineError(`a thread of the engine does not respond: ${finished} of ${calls} parts are done`);
      }
    }
  }

  /** Starts the threads in advance. Otherwise the first shared job starts them and does not wait for them. */
  start(): void {
    if (!this.spawn || this.handles.length > 0) return;
    Atomics.store(this.arena.int32(0, CALLS_AT / 4), WORD.stop, 0);
    for (let i = 1; i < this.threads; i++) {
      const scratch = this.arena.allocate(this.scratchBytes);
      this.handles.push(this.spawn({ memory: this.arena.memory, modules: this.modules, scratch, number: i }));
    }
  }

  dispose(): void {
    const words = this.arena.int32(0, CALLS_AT / 4);
    Atomics.store(words, WORD.stop, 1);
    Atomics.add(words, WORD.signal, 1);
    Atomics.notify(words, WORD.signal);
    for (const handle of this.handles.splice(0)) handle.terminate();
  }
}
