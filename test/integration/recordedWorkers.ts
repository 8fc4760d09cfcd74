/** Records the threads that the extension starts in this process, their requests and their replies. */

import threads from 'node:worker_threads';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { AdapterPage } from '../../src/protocol/adapters';
import type { Message } from '../../src/protocol/rpc';

export interface RecordedWorker {
  readonly worker: Worker;
  readonly name: string | undefined;
  /** Methods in the order of their requests. */
  readonly asked: string[];
  /** Methods in the order of their replies, and the errors of failed ones. */
  readonly answered: string[];
  readonly failures: string[];
  /** Pages of the list of adapters. */
  readonly pages: AdapterPage[];
}

/** All threads since `recordWorkers`, oldest first. */
const recordedWorkers: RecordedWorker[] = [];

/** The name of the extension's worker. */
const WORKER_NAME = 'PEFT worker';

/**
 * Call this while a test file loads, before the extension starts its worker. Each test file is a bundle with its own
 * records, and the recorders wrap each other.
 */
export function recordWorkers(): void {
  const Original = threads.Worker;
  threads.Worker = class Recorded extends Original {
    readonly #methods = new Map<number, string>();
    readonly #asked: string[] = [];

    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, options);
      const methods = this.#methods;
      const record: RecordedWorker = {
        worker: this,
        name: options?.name,
        asked: this.#asked,
        answered: [],
        failures: [],
        pages: [],
      };
      recordedWorkers.push(record);
      this.on('message', (message: Message) => {
        if (message.kind !== 'reply') return;
        const method = methods.get(message.id) ?? '';
        if (!('failure' in message)) {
          record.answered.push(method);
          if (method === 'adapters/page') record.pages.push(message.result as AdapterPage);
        } else if (message.failure.name !== 'CancelledError')
          record.failures.push(`${method}: ${message.failure.message}`);
      });
    }

    override postMessage(message: Message, transfer?: readonly threads.TransferListItem[]): void {
      if (message.kind === 'request') {
        this.#methods.set(message.id, message.method);
        this.#asked.push(message.method);
      }
      super.postMessage(message, transfer);
    }
  };
}

/** The current worker; undefined before the first one. */
export function currentWorker(): RecordedWorker | undefined {
  return recordedWorkers.filter(({ name }) => name === WORKER_NAME).at(-1);
}

/** All pages of the list of adapters, the oldest first. */
export function adapterPages(): readonly AdapterPage[] {
  return recordedWorkers.flatMap(({ pages }) => pages);
}
