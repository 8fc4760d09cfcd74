/** The factors of a LoKr or LoHa module side by side, each as it is: W1 and W2, or the four factors of LoHa. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import type { CellPosition } from '../../../shared/heatmap/types';
import { h } from '../../../shared/element';
import type { ViewContext } from '../../context';
import type { ColorModel } from '../../data/colorModel';
import { structureSubjects, structureLines } from '../../data/structureSubjects';
import { MatrixPane } from '../matrix/matrixPane';

/** LoHa has the most factors. */
const MOST_FACTORS = 4;

export class StructureFactors {
  readonly element: HTMLElement;
  private readonly panes: readonly MatrixPane[];
  private info: LoraModuleInfo | null = null;

  constructor(
    private readonly context: ViewContext,
    colors: ColorModel,
  ) {
    this.panes = Array.from(
      { length: MOST_FACTORS },
      (_, i) => new MatrixPane(context, colors, { label: `factor ${i + 1}` }),
    );
    for (const pane of this.panes) pane.onReset(() => pane.heatmap.setViewport(null));
    this.element = h(
      'div',
      { class: 'structure-factors', hidden: true },
      this.panes.map(({ element }) => element),
    );
  }

  /** Shows nothing, and returns false, for a module that has A and B, or none that can be read. */
  show(info: LoraModuleInfo): boolean {
    const subjects = structureSubjects(this.context.description, info);
    this.info = subjects.length > 0 ? info : null;
    this.element.hidden = subjects.length === 0;
    this.panes.forEach((pane, i) => {
      const subject = subjects[i] ?? null;
      pane.element.hidden = subject === null;
      pane.setSubject(subject);
    });
    return subjects.length > 0;
  }

  /** Marks what the entry of the product is made of. */
  highlight(cell: CellPosition | null): void {
    if (!this.info) return;
    const lines = cell ? structureLines(this.info, cell.row, cell.column) : [];
    this.panes.forEach(({ heatmap }, i) => heatmap.highlight(lines[i] ?? null));
  }

  dispose(): void {
    for (const pane of this.panes) pane.dispose();
  }
}
