/** The actions on one matrix: find a cell, copy a cell, save the picture, export the values. */

import type { ExportFormat } from '../../../../src/protocol/matrix';
import { canvasToPng } from '../../../shared/picture';
import type { ViewContext } from '../../context';
import { openGoTo } from './goTo';
import { jump } from './jump';
import type { Pane } from './pane';
import { openMenu } from '../controls/menu';

export function paneMenu(pane: Pane, context: ViewContext, x: number, y: number, opener: HTMLElement): void {
  const none = pane.subject === null;
  openMenu(
    [
      { label: 'Go to Cell…', keys: 'G', disabled: none, run: () => openGoTo(pane, context) },
      { label: 'Next NaN or Infinity', keys: 'N', disabled: none, run: () => void jump(pane, context, 'nonNumber') },
      { label: 'Largest Magnitude', keys: 'M', disabled: none, run: () => void jump(pane, context, 'largest') },
      { label: 'Copy Cell Value', keys: 'Ctrl+C', disabled: pane.cell === null, run: () => void pane.copyCell() },
      { label: 'Copy Tensor Name', disabled: none, run: () => void copyName(pane, context) },
      { label: 'Save Picture as PNG…', disabled: none, run: () => void savePicture(pane, context) },
      { label: 'Export Matrix as CSV…', disabled: none, run: () => void exportMatrix(pane, context, 'csv') },
      { label: 'Export Matrix as NPY…', disabled: none, run: () => void exportMatrix(pane, context, 'npy') },
      { label: 'Show the Whole Matrix', keys: '0', disabled: none, run: () => pane.resetZoom() },
    ],
    { x, y },
    opener,
  );
}

async function copyName({ subject }: Pane, { client, attempt }: ViewContext): Promise<void> {
  await attempt(async () => {
    await client.copy(subject?.name ?? '');
    return 'Copied the name';
  });
}

async function savePicture(pane: Pane, { client, attempt }: ViewContext): Promise<void> {
  const { subject } = pane;
  if (!subject) return;
  await attempt(async () => {
    const png = await canvasToPng(pane.toCanvas());
    const saved = await client.savePicture(png, `${subject.name}.png`);
    return saved === null ? '' : `Saved ${saved}`;
  });
}

async function exportMatrix({ subject }: Pane, { client, attempt }: ViewContext, format: ExportFormat): Promise<void> {
  if (!subject) return;
  await attempt(async () => {
    const saved = await client.exportMatrix(subject.matrix, format, `${subject.name}.${format}`);
    return saved === null ? '' : `Saved ${saved}`;
  });
}
