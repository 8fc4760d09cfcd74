/** File access for the planner, as an interface for tests without a file system. Paths may use forward slashes. */

export interface FileStatus {
  /** The size that the file system reports, which need not be true. */
  readonly bytes: number;
  /** Changes whenever the file does. */
  readonly stamp: string;
}

export type TensorShape = readonly [name: string, shape: readonly number[]];

export interface ModelFiles {
  /** The folders of the Hub's local cache, the most likely first. */
  readonly hubFolders: readonly string[];
  /** `null` if there is no such regular file or it exceeds `maxBytes`. */
  status(path: string, maxBytes: number): Promise<FileStatus | null>;
  /** `null` if there is no such regular file, or if it has more than `maxBytes` bytes, whatever `stamp` found. */
  readText(path: string, maxBytes: number): Promise<string | null>;
  /** Names in a folder; empty if it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * Names and shapes in the header of the safetensors file at `path`; `null` if the file is missing or damaged, or its
   * header is longer than `maxHeaderBytes`.
   */
  tensorShapes(path: string, maxHeaderBytes: number): Promise<readonly TensorShape[] | null>;
}
