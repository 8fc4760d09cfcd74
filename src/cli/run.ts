/**
 * The command line, `peft-inspector <command>`, as a function of its arguments. Results go to stdout, errors to stderr.
 * The exit status is 0 for success, 1 if a command fails or finds problems, 2 if the call is wrong or the file is
 * refused, and 3 if a count leaves out parts of a multimodal model.
 */

import { version } from '../../package.json';
import { checkCommand } from './check';
import { RefusedError, UsageError } from './command';
import type { Command } from './command';
import { budgetCommand } from './budget';
import { demoCommand } from './demo';
import { inspectCommand } from './inspect';
import { memoryCommand } from './memory';
import { harmless } from './terminalText';

const PROGRAM = 'peft-inspector';
/** Characters of a refusal: enough for a path and a sentence or two. */
const MAX_LINE = 6000;
const COMMANDS: readonly Command[] = [demoCommand, inspectCommand, checkCommand, budgetCommand, memoryCommand];

interface Outcome {
  readonly status: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export async function runCli(args: readonly string[]): Promise<Outcome> {
  const [first, ...rest] = args;
  if (first === undefined) return { status: 2, stderr: generalHelp() };
  if (first === '--version' || first === '-v') return { status: 0, stdout: version };
  if (first === '--help' || first === '-h' || first === 'help') return { status: 0, stdout: generalHelp() };
  const command = COMMANDS.find(({ name }) => name === first);
  if (!command) return { status: 2, stderr: `${PROGRAM}: unknown command '${first}'\n\n${generalHelp()}` };
  if (rest.includes('--help') || rest.includes('-h')) return { status: 0, stdout: commandHelp(command) };
  try {
    const result = await command.run(rest);
    return typeof result === 'string' ? { status: 0, stdout: result } : { status: result.status, stdout: result.text };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The path and the message may contain names from an untrusted file.
    if (error instanceof RefusedError)
      return { status: 2, stderr: harmless(`${PROGRAM} ${first}: ${message}`, MAX_LINE) };
    const complaint = `${PROGRAM} ${first}: ${message}`;
    if (isUsageError(error)) return { status: 2, stderr: `${complaint}\n\n${commandHelp(command)}` };
    return { status: 1, stderr: complaint };
  }
}

/**
 * One line that explains why the output could not be written. `null` if a reader such as `head` closed the pipe early.
 */
export function outputFailure({ code, message }: NodeJS.ErrnoException): string | null {
  return code === 'EPIPE' ? null : harmless(`${PROGRAM}: the output cannot be written: ${message}`, MAX_LINE);
}

function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

function generalHelp(): string {
  const width = Math.max(...COMMANDS.map(({ synopsis }) => synopsis.length));
  return [
    `usage: ${PROGRAM} <command> [options]`,
    '',
    'commands:',
    ...COMMANDS.map(({ synopsis, summary }) => `  ${synopsis.padEnd(width)}  ${summary}`),
    '',
    `${PROGRAM} <command> --help describes a command; --version prints the version.`,
  ].join('\n');
}

function commandHelp({ synopsis, summary, options }: Command): string {
  const lines = options.map((line) => `  ${line}`);
  return [`usage: ${PROGRAM} ${synopsis}`, '', summary, '', 'options:', ...lines].join('\n');
}
