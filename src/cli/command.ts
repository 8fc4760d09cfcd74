/** The interface of a subcommand of `peft-inspector`. To add one, write a file in this folder and list it in run.ts. */

import type { Output } from './terminal';

export interface Command {
  readonly name: string;
  /** The call after the program's name: 'demo [--seed <number>]'. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The options, one line each, for the command's own help. */
  readonly options: readonly string[];
  /**
   * Takes the arguments after the command's name and returns the output for stdout, with an exit status if it is not 0.
   * @throws UsageError, RefusedError, InterruptedError
   */
  run(args: readonly string[]): Promise<Output & { readonly status?: number }>;
}

/** The file cannot be opened or has an unknown format. The program prints one line and exits with 2. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The user pressed Ctrl-C. The program prints one line and exits with 130, as shells report SIGINT. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** The call itself is wrong. The program prints the usage and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
