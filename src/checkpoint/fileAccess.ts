/** What the jobs ask of files, wherever they are: on disk, on a server, behind the editor, or in a test's memory. */

import type { ByteSource } from './byteSource';

/** A local path, or a URL such as 'https://host/a.safetensors' or 'hf://owner/repo/a.safetensors'. */
export type FileLocation = string;

export interface OpenedFile {
  readonly source: ByteSource;
  /** The file's name and its folder's. */
  readonly name: string;
  readonly folder: string;
  /** Modification time in ms since the epoch; 0 where nobody tells it. */
  readonly modified: number;
}

/** Appends to the file being written. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** Reading, which every kind of place can do. */
export interface FileReading {
  /**
   * Rejects with `CheckpointError`: Unreadable where there is no such file, no permission, or no regular file; TooLarge
   * where it could only be had whole and is over the limit for that; Network where its server fails.
   */
  open(location: FileLocation, signal?: AbortSignal): Promise<OpenedFile>;
  /**
   * Where the file `name` of the folder of `location` is, or of a folder below it. `name` may come from a file:
   * throws `CheckpointError` Unreadable where it would lead out of the folder.
   */
  beside(location: FileLocation, name: string): FileLocation;
  /** The names in the folder of `location`, in no order; null where it cannot be listed. Follow them with `beside`. */
  namesBeside(location: FileLocation, signal?: AbortSignal): Promise<readonly string[] | null>;
  /** The text of the file `name` in the folder of `location`, or null where there is none or it is over `limit` bytes. */
  readBeside(location: FileLocation, name: string, limit: number, signal?: AbortSignal): Promise<string | null>;
}

/** Reading anywhere, and writing to the local disk. */
export interface FileAccess extends FileReading {
  /** The path of `name` in the local folder, which is made where it is missing. Rejects with `CheckpointError` Unwritable. */
  placeIn(folder: string, name: string): Promise<string>;
  /**
   * Replaces the local file at `path` once `fill` is through; where it throws, nothing is left behind and what was
   * there stays. Returns the bytes written. Rejects with `CheckpointError` Unwritable for a file that is being read.
   */
  writeAtomically(path: string, fill: (sink: Sink) => Promise<void>): Promise<number>;
}
