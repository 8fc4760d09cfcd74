/** Opens the adapters of a command and says in its result what they were. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { version } from '../../../package.json';
import { isCheckpointError } from '../../checkpoint/errors';
import { readingAhead } from '../../checkpoint/readAhead';
import { nodeFiles } from '../../files/nodeFile';
import { openAdapter } from '../../surgery/openAdapter';
import type { OpenedAdapter } from '../../surgery/openAdapter';
import { checkpointPath } from '../checkpointPath';
import { RefusedError } from '../command';
import { complain } from '../terminal';

/** Interval between two lines of progress. */
const PROGRESS_MS = 1000;

export interface InputFacts {
  readonly path: string;
  readonly format: string;
  readonly sha256: string;
}

/** The members that every result has. */
export interface ResultFacts {
  readonly tool: 'peft-inspector';
  readonly version: string;
  readonly inputs: readonly InputFacts[];
}

/** Passes the adapters to `use` and closes them afterwards. @throws RefusedError */
export async function withAdapters<T>(
  paths: readonly string[],
  use: (adapters: readonly OpenedAdapter[], facts: ResultFacts) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const opened: OpenedAdapter[] = [];
  try {
    const inputs: InputFacts[] = [];
    for (const path of paths) {
      const { file } = await checkpointPath(path);
      const adapter = await openAdapter(readingAhead(nodeFiles), file, signal).catch((error: unknown) => {
        if (!isCheckpointError(error)) throw error;
        throw new RefusedError(error.message.includes(file) ? error.message : `${file}: ${error.message}`);
      });
      opened.push(adapter);
      const { layout, file: described } = adapter.source.description;
      inputs.push({ path: file, format: layout ?? described?.format ?? 'unknown', sha256: await sha256(file, signal) });
    }
    return await use(opened, { tool: 'peft-inspector', version, inputs });
  } finally {
    for (const { source } of opened) await source.close();
  }
}

/** The SHA-256 of a file's bytes in hexadecimal. */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, signal ? { signal } : {})) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

/** Prints a line about once a second to stderr, or nothing if `quiet`. */
export function progressOf(what: string, quiet: boolean): (done: number, all: number) => Promise<void> {
  let reported = performance.now();
  return async (done, all) => {
    // A pending signal is delivered between two turns of the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const now = performance.now();
    if (quiet || now - reported < PROGRESS_MS) return;
    reported = now;
    await complain([`${what}: ${done} of ${all}`]);
  };
}
