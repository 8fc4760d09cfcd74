/** Memory as one bar of its terms, with the GPU's size marked, and the terms with their arithmetic below. */

import type { PlanMemory, PlanTerm } from '../../../src/protocol/plan';
import { element } from '../../shared/budget/element';
import { formatBytes } from '../../shared/formatNumber';

/** Share of the bar that the marked size has to its right at least. */
const ROOM = 1.06;

export class MemoryBar {
  readonly root = element('div', { class: 'memory' });

  show(memory: PlanMemory | null, problem: string): void {
    if (!memory) return this.root.replaceChildren(...(problem ? [element('p', { class: 'budget-message' }, problem)] : []));
    const { terms, deviceBytes, gpuBytes } = memory;
    const whole = Math.max(deviceBytes, gpuBytes ?? 0) * ROOM;
    const percent = (bytes: number): string => `${((100 * bytes) / whole).toFixed(2)}%`;
    const shown = terms.filter(({ bytes }) => bytes > 0);
    const bar = element('div', { class: 'memory-bar', role: 'img', 'aria-label': `${formatBytes(deviceBytes)} in all` });
    for (const term of shown) {
      const part = element('span', { 'data-group': term.group, title: titleOf(term) });
      part.style.width = percent(term.bytes);
      bar.append(part);
    }
    const over = gpuBytes !== null && deviceBytes > gpuBytes;
    if (gpuBytes !== null) {
      const mark = element('span', { class: 'gpu-mark', title: `The GPU has ${formatBytes(gpuBytes)}` });
      mark.style.left = percent(gpuBytes);
      bar.append(mark);
    }
    const verdict = gpuBytes === null ? '' : over ? ` — ${formatBytes(deviceBytes - gpuBytes)} too much for ${formatBytes(gpuBytes)}` : ` of ${formatBytes(gpuBytes)}`;
    this.root.replaceChildren(
      element('p', { class: over ? 'memory-total over' : 'memory-total', role: 'status' }, element('strong', {}, formatBytes(deviceBytes)), verdict),
      bar,
      termList(shown),
      ...(memory.fits.length > 0 && !over ? [element('p', { class: 'peft-muted' }, `Fits up to: ${memory.fits.join('; ')} (each alone).`)] : []),
      ...(over ? [element('p', {}, memory.advice.length > 0 ? 'What to change first:' : 'Nothing that can be changed here makes it fit.'), list(memory.advice)] : []),
      ...(over && memory.fits.length > 0 ? [element('p', { class: 'peft-muted' }, `It would fit with ${memory.fits.join(', or ')}.`)] : []),
      list(memory.warnings, 'peft-muted'),
    );
  }
}

function termList(terms: readonly PlanTerm[]): HTMLElement {
  return element(
    'ul',
    { class: 'memory-terms' },
    ...terms.map((term) =>
      element(
        'li',
        { title: titleOf(term), tabindex: 0, 'aria-label': titleOf(term) },
        element('span', { class: 'memory-swatch', 'data-group': term.group }),
        element('span', { class: 'memory-name' }, term.label),
        element('span', {}, formatBytes(term.bytes)),
        element('span', { class: 'memory-formula peft-muted' }, term.formula),
      )),
  );
}

const titleOf = ({ label, bytes, formula }: PlanTerm): string => `${label}: ${formatBytes(bytes)}\n${formula}`;

function list(lines: readonly string[], kind = ''): HTMLElement {
  return element('ol', { class: `memory-list ${kind}`, hidden: lines.length === 0 }, ...lines.map((line) => element('li', {}, line)));
}
