/** What a subcommand of `peft-inspector` is. A new one is a file beside this and an entry in main.ts. */

export interface Command {
  readonly name: string;
  /** How it is called, after the program's name: 'demo [--seed <number>]'. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The options, one line each, for its own help. */
  readonly options: readonly string[];
  /**
   * Takes the arguments after the command's name and returns what to write to stdout, with an exit status other than 0
   * where that says something. @throws UsageError, RefusedError
   */
  run(args: readonly string[]): Promise<string | { readonly status: number; readonly text: string }>;
}

/** The file cannot be opened, or is no file of ours; the program says so in one line and exits with 2. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The call itself is wrong; the program shows the usage and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
