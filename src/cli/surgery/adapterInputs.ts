/** Opens the adapters of a command and says in its result what they were. */

import { createHash } from 'node:crypto';
import { version } from '../../../package.json';
import { isCheckpointError } from '../../checkpoint/errors';
import { readingAhead } from '../../checkpoint/readAhead';
import { nodeFiles } from '../../files/nodeFile';
import { readAdapter } from '../../surgery/readAdapter';
import type { OpenedAdapter } from '../../surgery/readAdapter';
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
      const adapter = await readAdapter(readingAhead(nodeFiles), file, signal).catch((error: unknown) => {
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

/** Bytes that are hashed at a time. */
const HASHED_BYTES = 4 * 2 ** 20;

/** The SHA-256 of a file's bytes in hexadecimal. */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const { source } = await nodeFiles.open(file, signal);
  try {
    const hash = createHash('sha256');
    for (let at = 0; at < source.size; at += HASHED_BYTES)
      hash.update(await source.read(at, Math.min(HASHED_BYTES, source.size - at), signal));
    return hash.digest('hex');
  } finally {
    await source.close();
  }
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
