/**
 * The command line, `peft-inspector <command>`, as a function of its arguments. Results go to stdout, errors to stderr.
 * The exit status is 0 for success, 1 if a command fails or finds problems, 2 if the call is wrong or the file is
 * refused, 3 if a count leaves out parts of a multimodal model, and 130 if the user interrupts a command.
 */

import { version } from '../../package.json';
import { checkCommand } from './check';
import { InterruptedError, RefusedError, UsageError } from './command';
import type { Command } from './command';
import { budgetCommand } from './budget';
import { demoCommand } from './demo';
import { inspectCommand } from './inspect';
import { memoryCommand } from './memory';
import { compareCommand } from './surgery/compare';
import { extractCommand } from './surgery/extract';
import { mergeCommand } from './surgery/merge';
import { resizeCommand } from './surgery/resize';
import { trainCommand } from './train';
import type { Output } from './terminal';
import { harmless } from './terminalText';

const PROGRAM = 'peft-inspector';
/** Characters of an error: enough for a path and a sentence or two. */
const MAX_ERROR = 6000;
/** The status with which shells report that SIGINT ended a program. */
const INTERRUPTED = 130;
const COMMANDS: readonly Command[] = [
  demoCommand,
  inspectCommand,
  checkCommand,
  budgetCommand,
  memoryCommand,
  trainCommand,
  compareCommand,
  mergeCommand,
  resizeCommand,
  extractCommand,
];

interface Outcome {
  readonly status: number;
  readonly stdout?: Output;
  /** Lines. */
  readonly stderr?: readonly string[];
}

export async function runCli(args: readonly string[]): Promise<Outcome> {
  const [first, ...rest] = args;
  if (first === undefined) return { status: 2, stderr: generalHelp() };
  if (first === '--version' || first === '-v') return { status: 0, stdout: { lines: [version] } };
  if (first === '--help' || first === '-h' || first === 'help') return { status: 0, stdout: { lines: generalHelp() } };
  const command = COMMANDS.find(({ name }) => name === first);
  if (!command) return { status: 2, stderr: [`${PROGRAM}: unknown command '${first}'`, '', ...generalHelp()] };
  if (rest.includes('--help') || rest.includes('-h')) return { status: 0, stdout: { lines: commandHelp(command) } };
  try {
    const { status = 0, ...stdout } = await command.run(rest);
    return { status, stdout };
  } catch (error) {
    const stderr = failure(error, `${PROGRAM} ${first}`);
    if (error instanceof InterruptedError) return { status: INTERRUPTED, stderr };
    if (error instanceof RefusedError) return { status: 2, stderr };
    if (isUsageError(error)) return { status: 2, stderr: [...stderr, '', ...commandHelp(command)] };
    return { status: 1, stderr };
  }
}

/** One line for an error. */
export function failure(error: unknown, program = PROGRAM): string[] {
  return [harmless(`${program}: ${error instanceof Error ? error.message : String(error)}`, MAX_ERROR)];
}

/**
 * One line that explains why the output could not be written. `null` if a reader such as `head` closed the pipe early.
 */
export function outputFailure(error: NodeJS.ErrnoException): string[] | null {
  return error.code === 'EPIPE' ? null : failure(error, `${PROGRAM}: the output cannot be written`);
}

function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

function generalHelp(): string[] {
  const width = COMMANDS.reduce((widest, { synopsis }) => Math.max(widest, synopsis.length), 0);
  return [
    `usage: ${PROGRAM} <command> [options]`,
    '',
    'commands:',
    ...COMMANDS.map(({ synopsis, summary }) => `  ${synopsis.padEnd(width)}  ${summary}`),
    '',
    `${PROGRAM} <command> --help describes a command; --version prints the version.`,
  ];
}

function commandHelp({ synopsis, summary, options }: Command): string[] {
  const lines = options.map((line) => `  ${line}`);
  return [`usage: ${PROGRAM} ${synopsis}`, '', summary, '', 'options:', ...lines];
}
