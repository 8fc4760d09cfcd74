/** The entry point of dist/cli.cjs: runs `runCli` as a process. */

import { failure, outputFailure, runCli } from './run';
import { complain, keepRunningIfClosed, printResult } from './terminal';

async function main(): Promise<void> {
  const { status, stdout, stderr } = await runCli(process.argv.slice(2));
  process.exitCode = status;
  if (stdout !== undefined) await printResult(stdout).catch(complainOfOutput);
  if (stderr !== undefined) await complain(stderr);
}

async function complainOfOutput(error: NodeJS.ErrnoException): Promise<void> {
  const lines = outputFailure(error);
  if (lines === null) return;
  process.exitCode = 1;
  await complain(lines);
}

/** Reports an error outside `main`, such as one in a callback. */
async function fail(error: unknown): Promise<void> {
  await complain(failure(error));
  process.exit(1);
}

keepRunningIfClosed();
process.on('uncaughtException', (error) => void fail(error));
process.on('unhandledRejection', (error) => void fail(error));
main().catch(fail);
