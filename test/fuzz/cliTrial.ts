/** Runs commands of the command line on files of a temporary folder, and checks what they print. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { budgetCommand } from '../../src/cli/budget';
import { checkCommand } from '../../src/cli/check';
import { inspectCommand } from '../../src/cli/inspect';
import { memoryCommand } from '../../src/cli/memory';
import { failure } from '../../src/cli/run';
import { print } from '../../src/cli/terminal';
import type { Output } from '../../src/cli/terminal';
import { harmless } from '../../src/cli/terminalText';
import { checkReply } from './replies';
import { typedCode } from './typedErrors';

const COMMANDS = { budget: budgetCommand, check: checkCommand, inspect: inspectCommand, memory: memoryCommand };

/** A new folder that is removed when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'peft-fuzz-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the command and prints its result or its error. @returns 'budget' or 'budget: ConfigError' */
export async function runCommand(name: keyof typeof COMMANDS, args: readonly string[]): Promise<string> {
  let output: Output;
  try {
    output = await COMMANDS[name].run(args);
  } catch (error) {
    const code = typedCode(error);
    await printed({ lines: failure(error) });
    return `${name}: ${code}`;
  }
  if ('json' in output) checkReply(name, output.json);
  const text = await printed(output);
  if ('json' in output) JSON.parse(text);
  return name;
}

/** What a terminal gets. Throws if it has a character that a terminal acts on, apart from the breaks of its lines. */
async function printed(output: Output): Promise<string> {
  const pieces: string[] = [];
  await print({ write: (text, done) => (pieces.push(text), done()) }, output);
  const text = pieces.join('');
  for (const line of text.split('\n')) {
    if (harmless(line, line.length) !== line) throw new Error(`the terminal gets ${JSON.stringify(line)}`);
  }
  return text;
}
