/** Marks a cell of the grid with the worst finding about its module: a sign and an outline, not a colour alone. */

import type { WeightsFinding } from '../../../../src/protocol/findings';
import { h } from '../../../shared/element';
import { LEVEL_NAMES, LEVEL_SIGNS } from '../../data/findingsStore';

export function withFindingMark(cell: HTMLElement, finding: WeightsFinding<string> | undefined): HTMLElement {
  if (!finding) return cell;
  const { level, what } = finding;
  cell.classList.add('marked', level);
  cell.append(h('span', { class: 'finding-mark', 'aria-hidden': 'true' }, LEVEL_SIGNS[level]));
  const text = `${LEVEL_NAMES[level]}: ${what}`;
  cell.title = `${cell.title}\n${LEVEL_SIGNS[level]} ${text}`;
  cell.setAttribute('aria-description', text);
  return cell;
}
