/** Threads that the extension starts in this process, with what was asked of them and what they answered. */

import threads from 'node:worker_threads';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { Message } from '../../src/protocol/rpc';

interface RecordedWorker {
  readonly worker: Worker;
  readonly name: string | undefined;
  /** Methods in the order in which they were answered, and what those said that failed. */
  readonly answered: string[];
  readonly failures: string[];
}

/** All since `recordWorkers`, oldest first. */
const recordedWorkers: RecordedWorker[] = [];

/** What the extension's own worker is called. */
const WORKER_NAME = 'PEFT worker';

/**
 * Call where a test file is loaded: that is before the extension needs its worker. Each test file is a bundle with
 * records of its own, and their recorders are wrapped round each other.
 */
export function recordWorkers(): void {
  const Original = threads.Worker;
  threads.Worker = class Recorded extends Original {
    readonly #methods = new Map<number, string>();

    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, options);
      const methods = this.#methods;
      const record: RecordedWorker = { worker: this, name: options?.name, answered: [], failures: [] };
      recordedWorkers.push(record);
      this.on('message', (message: Message) => {
        if (message.kind !== 'reply') return;
        const method = methods.get(message.id) ?? '';
        if ('failure' in message) record.failures.push(`${method}: ${message.failure.message}`);
        else record.answered.push(method);
      });
    }

    override postMessage(message: Message, transfer?: readonly threads.TransferListItem[]): void {
      if (message.kind === 'request') this.#methods.set(message.id, message.method);
      super.postMessage(message, transfer);
    }
  };
}

/** The worker that runs now; undefined before the first. */
export function currentWorker(): RecordedWorker | undefined {
  return recordedWorkers.filter(({ name }) => name === WORKER_NAME).at(-1);
}
