/** The inspector's webview to its host, and back. */

import type { ExportFormat, MatrixRef, MatrixRequests } from './matrix';
import type { PackedDescription } from './packedDescription';

export interface InspectorRequests extends MatrixRequests {
  /** The view is up; the answer is all it needs to draw itself. */
  'view/ready'(params: Record<never, never>): InspectorSnapshot;
  /** Asks where to save and writes there. Returns the file's name, or null when the user thought better of it. */
  'matrix/export'(params: {
    readonly matrix: MatrixRef;
    readonly format: ExportFormat;
    readonly suggestedName: string;
  }): string | null;
  'picture/save'(params: { readonly png: Uint8Array; readonly suggestedName: string }): string | null;
  /** A table as text: CSV. The answer is as for a picture. */
  'table/save'(params: { readonly text: string; readonly suggestedName: string }): string | null;
  'clipboard/write'(params: { readonly text: string }): void;
  /** Opens the source file anew, after it changed on disk or could not be read. The answer is as for `view/ready`. */
  'source/reload'(params: Record<never, never>): InspectorSnapshot;
}

export interface InspectorSnapshot {
  /** Null where nothing of the file could be read; `failure` then says why, or `held` what to ask first. */
  readonly source: PackedDescription | null;
  readonly failure: string | null;
  /** The address of a file on a server that nobody has asked to be fetched yet: `source/reload` fetches it. */
  readonly held?: string;
}

export interface InspectorEvents {
  /** The file changed or vanished on disk since it was opened. */
  'source/changed': { readonly reason: 'changed' | 'deleted' };
  /** A file that was held has been asked for elsewhere: the view asks for the snapshot anew. */
  'source/released': Record<never, never>;
}

/** What the view keeps across reload and hiding, through setState: navigation, never values. */
export interface InspectorViewState {
  readonly tab?: string;
  readonly module?: string;
  readonly tensor?: string;
  readonly step?: number;
  readonly [key: string]: unknown;
}
