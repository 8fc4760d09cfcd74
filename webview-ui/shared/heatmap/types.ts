/** What a heatmap draws, and the events it emits. The inspector's layouts depend on these types only. */

import type { Reduction, Tile } from '../../../src/protocol/matrix';

export interface MatrixSource {
  /** Two sources with the same id hold the same values. A new id makes the heatmap read its tiles again. */
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  readTile(
    request: { level: number; tileX: number; tileY: number; reduction: Reduction; quick?: boolean },
    signal: AbortSignal,
  ): Promise<Tile>;
}

/** The visible part of the matrix, in entries: columns x0..x1 and rows y0..y1. Fractions are allowed. */
export interface Viewport {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** A move of the view: what is on the screen in this frame, and what is on it once the view has come to rest. */
export interface ViewMove {
  readonly shown: Viewport;
  readonly target: Viewport;
}

export interface CellPosition {
  readonly row: number;
  readonly column: number;
}

export type SchemeName = 'redBlue' | 'purpleOrange' | 'brownTeal' | 'viridis';

export interface ColorSettings {
  readonly scheme: SchemeName;
  /** The colour scale runs from -limit to limit, symmetric about 0 (from 0 to limit for a sequential scheme). */
  readonly limit: number;
  readonly scale: 'linear' | 'symlog';
  readonly reduction: Reduction;
}

/**
 * A range of rows or columns that belong together: a head, the prefix, the prompt. It is drawn as a labelled bracket.
 */
export interface Band {
  readonly start: number;
  /** One past the last row or column. */
  readonly end: number;
  readonly label: string;
}

/** Space around the plot in CSS px. */
export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface HeatmapOptions {
  /** Accessible name of the picture: 'A of layers.0.q_proj, 8 x 768'. */
  readonly label: string;
  readonly rowLabel: string;
  readonly columnLabel: string;
  /**
   * Sides that have axes; top and left by default. A heatmap in a product layout omits those that its neighbours show.
   */
  readonly axes?: { readonly top?: boolean; readonly left?: boolean };
  readonly rowBands?: readonly Band[];
  readonly columnBands?: readonly Band[];
  /**
   * Space for axes and brackets, in CSS px. Sides that are omitted take what they need. A layout with a shared axis
   * gives its heatmaps equal margins on it: see `naturalMargins`.
   */
  readonly margins?: Partial<Margins>;
  /** Directions that zoom and pan; both by default. A rank axis of 8 entries is best kept whole. */
  readonly zoom?: { readonly x?: boolean; readonly y?: boolean };
}

/** Rows and columns that are lit from outside. */
export interface LitLines {
  readonly rows?: readonly number[];
  readonly columns?: readonly number[];
}

export interface NonNumbers {
  readonly nan: boolean;
  readonly positiveInfinity: boolean;
  readonly negativeInfinity: boolean;
}

export interface HeatmapEvents {
  /** The pointer is over a cell. `null` when it leaves. */
  hover: CellPosition | null;
  /** The keyboard cursor moved, or a click set it. */
  cursor: CellPosition;
  /** The user zoomed or panned. Sent for every frame of an animation, but not for setViewport or follow. */
  viewport: ViewMove;
  /** Another part of the matrix was drawn, or the plot changed its size or position, for any reason. */
  drawn: ViewMove;
  /** A part of the matrix could not be read. The picture shows a message as well. */
  failure: Error;
  /** Whether any visible tile shows a sample of its entries. Sent when that changes. */
  sampled: boolean;
  /** NaN and infinities found in the tiles read so far. Sent when that changes. */
  nonNumbers: NonNumbers;
}
