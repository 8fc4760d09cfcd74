/** Shows memory as one bar of its terms with a mark at the GPU's size, and lists the terms with their arithmetic. */

import type { PlanFit, PlanMemory, PlanPhase, PlanTerm } from '../../../src/protocol/plan';
import { h, replace } from '../../shared/element';
import { formatMemory } from '../../../src/text/numberText';

/** The scale extends beyond the larger of the bar and the GPU by this factor. */
const ROOM = 1.06;
/** The label is to the left of the mark if the mark is beyond this share of the bar. */
const LABEL_LEFT = 0.6;

export class MemoryBar {
  readonly root = h('div', { class: 'memory' });
  private readonly found = h('div', { class: 'memory-fit', role: 'status' });
  private over = false;
  /** Only training has suggestions of what to change. */
  private advises = false;

  show(memory: PlanMemory | null, problem: string, standIn: string): void {
    if (!memory) return replace(this.root, problem ? [h('p', { class: 'budget-message' }, problem)] : []);
    const { terms, deviceBytes, gpuBytes } = memory;
    const shown = terms.filter(({ bytes }) => bytes > 0);
    const listed = terms.filter(({ bytes, group }) => bytes > 0 || group === 'gradients');
    const over = gpuBytes !== null && deviceBytes > gpuBytes;
    if (over !== this.over || gpuBytes === null) this.found.replaceChildren();
    this.over = over;
    this.advises = memory.phases.length > 0;
    replace(
      this.root,
      h('p', { class: over ? 'memory-total over' : 'memory-total', role: 'status' }, verdictOf(memory, standIn)),
      barOf(shown, deviceBytes, gpuBytes),
      termList(listed),
      phaseList(memory),
      this.found,
      list(memory.warnings, 'peft-muted'),
    );
  }

  /** Shows what fits. The previous result stays until this one arrives. */
  showFit({ fits, advice }: PlanFit): void {
    replace(
      this.found,
      this.over && this.advises
        ? [
            h(
              'p',
              {},
              advice.length > 0 ? 'Change these first, in order, until it fits:' : 'No setting here makes it fit.',
            ),
            list(advice),
          ]
        : [],
      fits.length > 0
        ? [
            h(
              'p',
              { class: 'peft-muted' },
              `${this.over ? 'It fits with' : 'It fits up to'} ${fits.join(', or ')}, if the other settings stay.`,
            ),
          ]
        : [],
    );
  }
}

/** '14.2 GiB of 24 GiB: fits, 9.8 GiB left', and which model stands in, if one does. */
export function verdictOf({ deviceBytes, gpuBytes }: PlanMemory, standIn: string): (Node | string)[] {
  const room = gpuBytes === null ? 0 : Math.abs(gpuBytes - deviceBytes);
  const over = gpuBytes !== null && deviceBytes > gpuBytes;
  const rest = over ? `${formatMemory(room)} too much` : `fits, ${formatMemory(room)} left`;
  const verdict = gpuBytes === null ? ' on each GPU' : ` of ${formatMemory(gpuBytes)}: ${rest}`;
  return [h('strong', {}, formatMemory(deviceBytes)), verdict + standIn];
}

function barOf(terms: readonly PlanTerm[], deviceBytes: number, gpuBytes: number | null): HTMLElement {
  const whole = Math.max(deviceBytes, gpuBytes ?? 0) * ROOM;
  const percent = (bytes: number): string => `${((100 * bytes) / whole).toFixed(2)}%`;
  const gpuText = gpuBytes === null ? '' : `, the GPU has ${formatMemory(gpuBytes)}`;
  const bar = h('div', {
    class: 'memory-bar',
    role: 'img',
    'aria-label': `${formatMemory(deviceBytes)} in total${gpuText}`,
  });
  for (const term of terms) {
    const part = h('span', { 'data-group': term.group, title: titleOf(term) });
    part.style.setProperty('--shade', String(shadeOf(term, terms)));
    part.style.width = percent(term.bytes);
    bar.append(part);
  }
  if (gpuBytes !== null) {
    const label = h(
      'span',
      { class: gpuBytes / whole > LABEL_LEFT ? 'gpu-label left' : 'gpu-label' },
      `GPU ${formatMemory(gpuBytes)}`,
    );
    const mark = h('span', { class: 'gpu-mark', title: `The GPU has ${formatMemory(gpuBytes)}` }, label);
    mark.style.left = percent(gpuBytes);
    bar.append(mark);
  }
  return bar;
}

function termList(terms: readonly PlanTerm[]): HTMLElement {
  return h(
    'ul',
    { class: 'memory-terms', 'aria-label': 'Terms of the memory' },
    terms.map((term) =>
      h(
        'li',
        { title: titleOf(term), tabindex: 0, 'aria-label': titleOf(term) },
        swatchOf(term, terms),
        h('span', { class: 'memory-name' }, term.label),
        h('span', {}, formatMemory(term.bytes)),
        h('span', { class: 'memory-formula peft-muted' }, term.formula),
      ),
    ),
  );
}

function swatchOf(term: PlanTerm, terms: readonly PlanTerm[]): HTMLElement {
  const swatch = h('span', { class: 'memory-swatch', 'data-group': term.group });
  swatch.style.setProperty('--shade', String(shadeOf(term, terms)));
  return swatch;
}

/** The terms of a group have shades of its colour, in order. */
function shadeOf({ group, id }: PlanTerm, terms: readonly PlanTerm[]): number {
  return terms.filter((each) => each.group === group).findIndex((each) => each.id === id);
}

function phaseList({ phases, deviceBytes }: PlanMemory): HTMLElement[] {
  if (phases.length === 0) return [];
  const row = ({ label, bytes }: PlanPhase): HTMLElement =>
    h('li', { class: bytes === deviceBytes ? 'peak' : '' }, h('span', {}, label), h('span', {}, formatMemory(bytes)));
  return [
    h(
      'details',
      { class: 'memory-phases' },
      h('summary', {}, `Peak at: ${phases.find(({ bytes }) => bytes === deviceBytes)?.label ?? ''}`),
      h('ul', {}, phases.map(row)),
    ),
  ];
}

const titleOf = ({ label, bytes, formula }: PlanTerm): string => `${label}: ${formatMemory(bytes)}\n${formula}`;

function list(lines: readonly string[], kind = ''): HTMLElement {
  return h(
    'ol',
    { class: `memory-list ${kind}`, hidden: lines.length === 0 },
    lines.map((line) => h('li', {}, line)),
  );
}
