/** File access for the planner, as an interface for tests without a file system. Paths may use forward slashes. */

export interface ModelFiles {
  /** The folders of the Hub's local cache, the most likely first. */
  readonly hubFolders: readonly string[];
  /** A text that changes with the file; `null` if there is no such regular file or it exceeds `maxBytes`. */
  stamp(path: string, maxBytes: number): Promise<string | null>;
  /** `null` if there is no such regular file, or if it has more than `maxBytes` bytes, whatever `stamp` found. */
  readText(path: string, maxBytes: number): Promise<string | null>;
  /** Names in a folder; empty if it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /** Names and shapes in the header of the safetensors file at `path`; `null` if it is missing or damaged. */
  tensorShapes(path: string): Promise<readonly (readonly [name: string, shape: readonly number[]])[] | null>;
}
