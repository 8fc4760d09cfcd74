/** What a heatmap draws, and what it says. The layouts of the inspector are built from these alone. */

import type { Reduction, Tile } from '../../../src/protocol/matrix';

export interface MatrixSource {
  /** Two sources with the same id hold the same values; a new id makes the heatmap read its tiles anew. */
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  readTile(
    request: { level: number; tileX: number; tileY: number; reduction: Reduction; quick?: boolean },
    signal: AbortSignal,
  ): Promise<Tile>;
}

/** The part of the matrix in view, in entries: columns x0..x1 and rows y0..y1, fractions allowed. */
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

/** A stretch of rows or columns that belongs together: a head, the prefix, the prompt. Drawn as a labelled bracket. */
export interface Band {
  readonly start: number;
  /** One past the last. */
  readonly end: number;
  readonly label: string;
}

/** In CSS px, around the plot. */
export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface HeatmapOptions {
  /** What a screen reader calls the picture: 'A of layers.0.q_proj, 8 x 768'. */
  readonly label: string;
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** Which sides have axes; a heatmap in a product layout leaves out those its neighbours show. Default: top and left. */
  readonly axes?: { readonly top?: boolean; readonly left?: boolean };
  readonly rowBands?: readonly Band[];
  readonly columnBands?: readonly Band[];
  /**
   * Room kept for axes and brackets, in CSS px; sides left out take what they need. A layout that shares an axis between
   * heatmaps gives each the same margins on it: see `naturalMargins`.
   */
  readonly margins?: Partial<Margins>;
  /** Which directions zoom and pan; default both. A rank axis of 8 entries is best left whole. */
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
  /** Pointer over a cell, or null when it leaves. */
  hover: CellPosition | null;
  /** The keyboard cursor moved, or a click set it. */
  cursor: CellPosition;
  /** The user zoomed or panned; sent for every frame of an animation, and not for setViewport or follow. */
  viewport: ViewMove;
  /** Another part of the matrix was drawn, or the plot has another size or place, whoever caused it. */
  drawn: ViewMove;
  /** A part of the matrix could not be read. The heatmap says so in the picture as well. */
  failure: Error;
  /** Whether some of what is in view shows a sample of its entries; sent when that changes. */
  sampled: boolean;
  /** Which values that are not numbers the tiles read so far hold; sent when that changes. */
  nonNumbers: NonNumbers;
}
