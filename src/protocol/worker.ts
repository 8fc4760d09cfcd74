/** Messages from the host to the worker. Each request refers to a source by the id that opening it returned. */

import type { BaseRequests } from './baseComparison';
import type { FindingsRequests } from './findings';
import type { ExportFormat, MatrixRef, MatrixRequests } from './matrix';
import type { PackedDescription, PackedJson } from './packedDescription';

export type SourceId = number;

export interface OpenedSource {
  readonly source: SourceId;
  readonly description: PackedDescription;
}

export interface DemoOptions {
  /** The same seed gives the same numbers. */
  readonly seed: number;
  readonly trainingSteps: number;
}

type ForSource<R> = {
  [M in keyof R]: R[M] extends (params: infer P) => infer T ? (params: P & { readonly source: SourceId }) => T : never;
};

/** The requests about an open source. */
export interface SourceRequests extends MatrixRequests, FindingsRequests, BaseRequests {}

export interface WorkerRequests extends ForSource<SourceRequests> {
  /**
   * Opens a checkpoint from its header. A damaged file opens too; the description lists its problems. `path` is a local
   * path, an http, https or hf address, or the URI of a file that only the editor can read. Only an address makes the
   * worker use the network.
   */
  'checkpoint/open'(params: { readonly path: string }): OpenedSource;
  /** Runs the demo and reports progress. `text` is the output of the reference document. */
  'demo/run'(params: DemoOptions): OpenedSource & { readonly text: string };
  /** Writes a matrix to a file in pieces and reports progress. Returns the number of bytes. */
  'matrix/write'(params: {
    readonly source: SourceId;
    readonly matrix: MatrixRef;
    readonly format: ExportFormat;
    readonly path: string;
  }): number;
  /**
   * Writes a source as an adapter: adapter_model.safetensors and adapter_config.json in `folder`, which is created if
   * it is missing. Returns the paths, weights first.
   */
  'adapter/write'(params: { readonly source: SourceId; readonly folder: string }): readonly string[];
  /**
   * Reads an adapter's header and packs its `AdapterWeights`; `null` if their text would be longer than
   * `maxCharacters`. No source stays open.
   */
  'weights/summarise'(params: { readonly path: string; readonly maxCharacters: number }): PackedJson | null;
  /**
   * Fetches the config.json at a location on the Hub, and saves it in a local folder, which is created if it is
   * missing. Returns the path of the saved file.
   */
  'hub/config'(params: { readonly location: string; readonly folder: string }): string;
  /** Replaces a small local file, or creates it, as the other writers do. */
  'file/write'(params: { readonly path: string; readonly bytes: Uint8Array }): void;
  'source/close'(params: { readonly source: SourceId }): void;
}

/** Messages from the worker to the host, for what only the editor can do. */
export interface EditorRequests {
  /** Reads a whole file. `bytes` is `null` if the file is larger than `limit`. Rejects if it cannot be read. */
  'file/read'(params: { readonly uri: string; readonly limit: number }): {
    readonly bytes: Uint8Array<ArrayBuffer> | null;
    readonly size: number;
    /** Modification time, in ms since the epoch. */
    readonly modified: number;
  };
  /** The names of all files in the file's folder. */
  'file/names'(params: { readonly uri: string }): readonly string[];
  /**
   * Asks the user whether to follow a redirect from a server on the Internet to this machine or its network. `from` and
   * `to` are hosts with ports; `address` is the IP address of `to`.
   */
  'redirect/allow'(params: { readonly from: string; readonly to: string; readonly address: string }): boolean;
  /** The user's token for the Hugging Face Hub; `null` if none is set. */
  'hub/token'(params: Record<never, never>): string | null;
}
