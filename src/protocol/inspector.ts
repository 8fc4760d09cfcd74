/** Messages between the host and the inspector's webview. */

import type { BaseComparison } from './baseComparison';
import type { FindingsReport } from './findings';
import type { ExportFormat, MatrixRef, MatrixRequests } from './matrix';
import type { PackedDescription } from './packedDescription';

export interface InspectorRequests extends MatrixRequests {
  /** The view is loaded. The reply is all that it needs to draw itself. */
  'view/ready'(params: Record<never, never>): InspectorSnapshot;
  /** The worker's report, in the display language. Reports progress if it reads values. */
  'findings/read'(params: { readonly values: boolean }): FindingsReport<string>;
  /**
   * Finds the weights of the adapter's base on the disk, or asks for them, and compares. `null` if they are not found,
   * or if the user cancels the dialog. Reports progress.
   */
  'base/compare'(params: { readonly choose: boolean }): BaseComparison | null;
  /** Asks for a path and writes there. Returns the file's name, or `null` if the user cancels. */
  'matrix/export'(params: {
    readonly matrix: MatrixRef;
    readonly format: ExportFormat;
    readonly suggestedName: string;
  }): string | null;
  'picture/save'(params: { readonly png: Uint8Array; readonly suggestedName: string }): string | null;
  /** Saves a table as CSV. The reply is the same as for a picture. */
  'table/save'(params: { readonly text: string; readonly suggestedName: string }): string | null;
  'clipboard/write'(params: { readonly text: string }): void;
  /** Opens the source again after it changed or could not be read. The reply is the same as for `view/ready`. */
  'source/reload'(params: Record<never, never>): InspectorSnapshot;
}

export interface InspectorSnapshot {
  /** `null` if nothing of the file was read: `failure` gives the reason, or `held` waits for the user's consent. */
  readonly source: PackedDescription | null;
  readonly failure: string | null;
  /** The address of a file that the user has not agreed to download. `source/reload` downloads it. */
  readonly held?: string;
}

export interface InspectorEvents {
  /** The file changed or was deleted after it was opened. */
  'source/changed': { readonly reason: 'changed' | 'deleted' };
  /** The user agreed to the download elsewhere, so the view should ask for the snapshot again. */
  'source/released': Record<never, never>;
}

/** What setState keeps while the view is hidden or reloaded: navigation, never values. */
export interface InspectorViewState {
  readonly tab?: string;
  readonly module?: string;
  readonly tensor?: string;
  readonly step?: number;
  readonly [key: string]: unknown;
}
