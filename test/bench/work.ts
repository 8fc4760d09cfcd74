/** What a work of the bench is. */

export interface Work {
  /** Runs the timed work once. */
  run(): void | Promise<void>;
  /** Entries of the result of the last run. */
  probe(): number[];
  /** Bytes of the weights and of one run. */
  memory?(): { readonly weights: number; readonly step: number };
}

export type WorkArguments = Readonly<Record<string, string | number>>;
