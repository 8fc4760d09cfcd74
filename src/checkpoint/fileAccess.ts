/** Access to files on disk, on a server, in the editor's file systems, or in a test's memory. */

import type { ByteSource } from './byteSource';

/** A local path, or a URL such as 'https://host/a.safetensors' or 'hf://owner/repo/a.safetensors'. */
export type FileLocation = string;

export interface OpenedFile {
  readonly source: ByteSource;
  /** The file's name, and below it the name of its folder. */
  readonly name: string;
  readonly folder: string;
  /** Modification time in ms since the epoch; 0 if unknown. */
  readonly modified: number;
}

/** Appends to the file being written. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** Reading, which every kind of location supports. */
export interface FileReading {
  /**
   * Rejects with `CheckpointError`: Unreadable if there is no such file, no permission, or no regular file; TooLarge if
   * the file can only be read whole and exceeds the limit for that; Network if its server fails.
   */
  open(location: FileLocation, signal?: AbortSignal): Promise<OpenedFile>;
  /**
   * The location of the file `name` in the folder of `location` or below it. `name` may come from an untrusted file:
   * throws `CheckpointError` Unreadable if it leads out of the folder.
   */
  beside(location: FileLocation, name: string): FileLocation;
  /** The names in the folder of `location`, unordered, for `beside`; `null` if the folder cannot be listed. */
  namesBeside(location: FileLocation, signal?: AbortSignal): Promise<readonly string[] | null>;
  /**
   * The text of the file `name` in the folder of `location`; `null` if it is missing. Rejects with `CheckpointError`:
   * TooLarge over `limit` bytes, Unreadable or Network if it exists and cannot be read, or with the signal's reason.
   */
  readBeside(location: FileLocation, name: string, limit: number, signal?: AbortSignal): Promise<string | null>;
}

/** Reading anywhere, and writing to the local disk. */
export interface FileAccess extends FileReading {
  /** The path of `name` in the local folder, created if missing. Rejects with `CheckpointError` Unwritable. */
  placeIn(folder: string, name: string): Promise<string>;
  /**
   * Replaces the local file at `path` once `fill` has finished. If `fill` throws, the old file stays and nothing is
   * left behind. Returns the number of bytes written. Rejects with `CheckpointError` Unwritable for a file that is
   * being read or is read-only, for a dangling symbolic link, and for errors of the file system.
   */
  writeAtomically(path: string, fill: (sink: Sink) => Promise<void>): Promise<number>;
}
