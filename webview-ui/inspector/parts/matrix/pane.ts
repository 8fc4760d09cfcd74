/** A matrix on show, as those around it know it: what is chosen, coloured, read, copied and exported. */

import type { Heatmap } from '../../../shared/heatmap/heatmap';
import type { CellPosition, ColorSettings } from '../../../shared/heatmap/types';
import type { Subject } from '../../data/subject';

export interface Pane {
  readonly element: HTMLElement;
  readonly heatmap: Pick<Heatmap, 'element' | 'goTo' | 'valueAt'>;
  readonly subject: Subject | null;
  /** The cell actions are about: the one under the pointer, else the cursor's. */
  readonly cell: CellPosition | null;
  /** The keyboard's, wherever the pointer is. */
  readonly cursor: CellPosition | null;
  readonly color: ColorSettings | null;
  /** Statistics were read that the colour limit had to do without. */
  recolor(): void;
  resetZoom(): void;
  copyCell(): Promise<void>;
  /** The picture with its title and colour bar, as it is on the screen. */
  toCanvas(): HTMLCanvasElement;
}
