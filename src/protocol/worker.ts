/** Host to worker. Every request names the source it is about, by the id that opening it gave. */

import type { ExportFormat, MatrixRef, MatrixRequests } from './matrix';
import type { PackedDescription } from './packedDescription';

export type SourceId = number;

export interface OpenedSource {
  readonly source: SourceId;
  readonly description: PackedDescription;
}

export interface DemoOptions {
  /** Same seed, same numbers. */
  readonly seed: number;
  readonly trainingSteps: number;
}

type ForSource<R> = {
  [M in keyof R]: R[M] extends (params: infer P) => infer T ? (params: P & { readonly source: SourceId }) => T : never;
};

export interface WorkerRequests extends ForSource<MatrixRequests> {
  /**
   * Opens a checkpoint by its header. A damaged file still opens; its problems are in the description.
   * `path` is a local path, an http, https or hf address, or the URI of a file that only the
   * editor reaches; nothing but an address makes the worker use the network.
   */
  'checkpoint/open'(params: { readonly path: string }): OpenedSource;
  /** Runs the demo; reports progress. `text` is what the reference document prints. */
  'demo/run'(params: DemoOptions): OpenedSource & { readonly text: string };
  /** Writes a matrix as a file, in pieces; reports progress. Returns the bytes written. */
  'matrix/write'(params: {
    readonly source: SourceId;
    readonly matrix: MatrixRef;
    readonly format: ExportFormat;
    readonly path: string;
  }): number;
  /**
   * Writes what a source holds as an adapter, adapter_model.safetensors and adapter_config.json in `folder`, which is
   * made where it is missing. Returns the paths, weights first.
   */
  'adapter/write'(params: { readonly source: SourceId; readonly folder: string }): readonly string[];
  'source/close'(params: { readonly source: SourceId }): void;
}

/** Worker to host: what only the editor can do. */
export interface EditorRequests {
  /** A file, whole; `bytes` is null where it has more than `limit`. Rejects where it cannot be read. */
  'file/read'(params: { readonly uri: string; readonly limit: number }): {
    readonly bytes: Uint8Array<ArrayBuffer> | null;
    readonly size: number;
    /** In ms since the epoch. */
    readonly modified: number;
  };
  /** The names in the folder of the file. */
  'file/names'(params: { readonly uri: string }): readonly string[];
  /** The user's token for the Hugging Face Hub; null where none is set. */
  'hub/token'(params: Record<never, never>): string | null;
}
