/** What the jobs ask of the file system, so that they can be tested without one. */

import type { ByteSource } from '../checkpoint/byteSource';

export interface OpenedFile {
  readonly source: ByteSource;
  /** The file's name and its folder's. */
  readonly name: string;
  readonly folder: string;
  /** Modification time in ms since the epoch. */
  readonly modified: number;
}

/** Appends to the file being written. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

export interface FileAccess {
  /** Rejects with `CheckpointError` Unreadable where there is no such file, no permission, or no regular file. */
  open(path: string): Promise<OpenedFile>;
  /** The text of the file `name` in the folder of `path`, or null where there is none or it is over `limit` bytes. */
  readBeside(path: string, name: string, limit: number): Promise<string | null>;
  /** Replaces the file once `fill` is through; where it throws, nothing is left behind. Returns the bytes written. */
  writeAtomically(path: string, fill: (sink: Sink) => Promise<void>): Promise<number>;
}
