/** The entry point of dist/cli.cjs: runs `runCli` as a process. */

import { outputFailure, runCli } from './run';

async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const failure = outputFailure(error);
    if (failure === null) return;
    process.stderr.write(`${failure}\n`);
    process.exitCode = 1;
  });
  const { status, stdout, stderr } = await runCli(process.argv.slice(2));
  process.exitCode = status;
  if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
  if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
}

void main();
