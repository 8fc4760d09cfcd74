/** A visible matrix as other parts see it: selected, coloured, read, copied and exported. */

import type { Heatmap } from '../../../shared/heatmap/heatmap';
import type { CellPosition, ColorSettings } from '../../../shared/heatmap/types';
import type { Subject } from '../../data/subject';

export interface Pane {
  readonly element: HTMLElement;
  readonly heatmap: Pick<Heatmap, 'element' | 'goTo' | 'valueAt'>;
  readonly subject: Subject | null;
  /** The cell that actions apply to: the one under the pointer, or else the cursor's. */
  readonly cell: CellPosition | null;
  /** The keyboard cursor's cell, wherever the pointer is. */
  readonly cursor: CellPosition | null;
  readonly color: ColorSettings | null;
  /** Recomputes the colour limit from statistics that were read since. */
  recolor(): void;
  resetZoom(): void;
  copyCell(): Promise<void>;
  /** The picture with its title and colour bar, as it is on the screen. */
  toCanvas(): HTMLCanvasElement;
}
