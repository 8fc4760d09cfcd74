/** What the planner asks of the file system, so that it can be tested without one. */

export interface ModelFiles {
  /** Changes when the file does; null where there is no such regular file, or it is over `maxBytes`. */
  stamp(path: string, maxBytes: number): Promise<string | null>;
  /** Null where it cannot be read. */
  readText(path: string): Promise<string | null>;
}
