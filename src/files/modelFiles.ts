/** What the planner asks of the file system, so that it can be tested without one. Paths may use forward slashes. */

export interface ModelFiles {
  /** The folders of the hub's local cache, the likeliest first. */
  readonly hubFolders: readonly string[];
  /** Changes when the file does; null where there is no such regular file, or it is over `maxBytes`. */
  stamp(path: string, maxBytes: number): Promise<string | null>;
  /** Null where it cannot be read. */
  readText(path: string): Promise<string | null>;
  /** Names in a folder; empty where there is none. */
  list(folder: string): Promise<readonly string[]>;
  /** Names and shapes in the header of the safetensors file at `path`; null where there is none or it is damaged. */
  tensorShapes(path: string): Promise<readonly (readonly [name: string, shape: readonly number[]])[] | null>;
}
