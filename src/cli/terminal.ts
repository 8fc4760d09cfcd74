/**
 * The only place of the command line that writes to stdout and stderr. Names, paths and messages come from a stranger's
 * files, so every line is made harmless here.
 */

import { jsonPieces } from './jsonPieces';
import { harmless } from './terminalText';

/** Characters of a line: enough for a path and a sentence or two. */
const MAX_LINE = 6000;
/** Characters that are written at a time. */
const WRITTEN_LENGTH = 1 << 16;

/** What a command prints to stdout. */
export type Output = { readonly lines: readonly string[] } | { readonly json: unknown };

/** The part of a stream of Node that is used. `done` is called once the text is written or has failed. */
interface OutputStream {
  write(text: string, done: (error?: Error | null) => void): unknown;
}

/** Prints the result of a command. Rejects with the stream's error: EPIPE if the reader closed the pipe. */
export function printResult(output: Output): Promise<void> {
  return print(process.stdout, output);
}

/** Prints lines of complaint. Nothing can be done if stderr fails too. */
export async function complain(lines: readonly string[]): Promise<void> {
  await print(process.stderr, { lines }).catch(() => undefined);
}

/** Leaves errors of the streams to `printResult`: Node ends a process with a stack trace if nothing listens to them. */
export function keepRunningIfClosed(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * Prints output piece by piece, and waits until each piece is written. Rejects with the stream's error and writes nothing
 * more.
 */
export async function print(stream: OutputStream, output: Output): Promise<void> {
  for (const text of 'json' in output ? withNewline(jsonPieces(output.json)) : linePieces(output.lines)) {
    await new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function* linePieces(lines: readonly string[]): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += `${harmless(line, MAX_LINE)}\n`;
    if (piece.length < WRITTEN_LENGTH) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function* withNewline(pieces: Iterable<string>): Generator<string> {
  yield* pieces;
  yield '\n';
}
