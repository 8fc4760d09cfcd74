/** A fault or a note about a file that can still be shown. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** The kind of a problem that has advice of its own. */
  readonly code?: 'config_mismatch';
  /** The tensor or module concerned. */
  readonly subject?: string;
}
