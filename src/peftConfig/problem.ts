/** Something wrong, or worth a note, in a file that can still be shown. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** Tensor or module concerned. */
  readonly subject?: string;
}
