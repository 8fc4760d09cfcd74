/** Entry of dist/cli.cjs: the process around `runCli`. */

import { runCli } from './run';

async function main(): Promise<void> {
  // A reader like `head` may close the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const { status, stdout, stderr } = await runCli(process.argv.slice(2));
  if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
  if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
  process.exitCode = status;
}

void main();
