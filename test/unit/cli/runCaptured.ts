/** Runs the command line as its process does, and gives what it writes as text. */

import { runCli } from '../../../src/cli/run';
import { print } from '../../../src/cli/terminal';
import type { Output } from '../../../src/cli/terminal';

interface Captured {
  readonly status: number;
  /** The text before the last line break; `undefined` if nothing is written. */
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
}

export async function runCaptured(args: readonly string[]): Promise<Captured> {
  const { status, stdout, stderr } = await runCli(args);
  return { status, stdout: await captured(stdout), stderr: await captured(stderr && { lines: stderr }) };
}

export async function captured(output: Output | undefined): Promise<string | undefined> {
  if (output === undefined) return undefined;
  const written: string[] = [];
  const stream = { write: (text: string, done: () => void) => (written.push(text), setImmediate(done)) };
  await print(stream, output);
  return written.join('').replace(/\n$/, '');
}
