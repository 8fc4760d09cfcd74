/** Trainable parameters against memory: every method at its defaults, those that none beats marked, and a sweep of ranks. */

import { line, scaleLinear, scaleLog } from 'd3';
import type { PlanPoint, PlanSweep } from '../../src/protocol/plan';
import { element } from '../shared/budget/element';
import { formatBytes } from '../shared/formatNumber';

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact' });
const [WIDTH, HEIGHT] = [560, 300];
const MARGIN = { top: 12, right: 18, bottom: 40, left: 62 };

/** Points that no other one beats in both: fewer parameters and less memory is better; one of each size of both. */
export function paretoFront(points: readonly PlanPoint[]): PlanPoint[] {
  const sorted = [...points].sort((a, b) => a.bytes - b.bytes || b.trainable - a.trainable);
  const front: PlanPoint[] = [];
  for (const point of sorted) {
    // More parameters to train are what the memory is paid for: the front has the most for each size.
    if (front.length === 0 || point.trainable > front.at(-1)!.trainable) front.push(point);
  }
  return front;
}

export class Scatter {
  readonly root = element('div', { class: 'scatter' });

  show({ methods, ranks }: PlanSweep): void {
    const drawn = [...methods, ...ranks].filter(({ trainable, bytes }) => trainable > 0 && bytes > 0);
    if (drawn.length === 0) return this.root.replaceChildren(element('p', { class: 'peft-muted' }, 'No method can be estimated on this model.'));
    const x = scaleLog(extent(drawn.map(({ trainable }) => trainable)), [MARGIN.left, WIDTH - MARGIN.right]).nice();
    const y = scaleLinear([0, Math.max(...drawn.map(({ bytes }) => bytes))], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(5);
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': 'Trainable parameters against training memory' });
    for (const tick of y.ticks(5)) {
      picture.append(
        svg('line', { class: 'grid', x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(tick), y2: y(tick) }),
        text(MARGIN.left - 6, y(tick) + 4, formatBytes(tick), 'end'),
      );
    }
    for (const tick of x.ticks().filter((value) => Number.isInteger(Math.log10(value)))) {
      picture.append(
        svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
        text(x(tick), HEIGHT - MARGIN.bottom + 16, COMPACT.format(tick), 'middle'),
      );
    }
    picture.append(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 6, 'trainable parameters', 'middle'));
    const path = line<PlanPoint>((point) => x(point.trainable), (point) => y(point.bytes));
    const front = paretoFront(methods.filter(({ trainable }) => trainable > 0));
    picture.append(svg('path', { class: 'front', d: path(front) ?? '' }));
    if (ranks.length > 1) picture.append(svg('path', { class: 'ranks', d: path(ranks) ?? '' }));
    for (const point of methods.filter(({ trainable }) => trainable > 0)) picture.append(dot(point, x(point.trainable), y(point.bytes), front.includes(point) ? 'method best' : 'method'));
    for (const point of ranks) picture.append(dot(point, x(point.trainable), y(point.bytes), 'rank'));
    for (const point of front) picture.append(text(x(point.trainable), y(point.bytes) - 8, point.label, x(point.trainable) > WIDTH * 0.8 ? 'end' : 'start'));
    this.root.replaceChildren(picture as unknown as HTMLElement, legend(ranks.length > 1), rows(methods, ranks));
  }
}

function extent(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least < most ? [least, most] : [least / 2, most * 2];
}

function dot(point: PlanPoint, cx: number, cy: number, kind: string): SVGElement {
  const circle = svg('circle', { class: kind, cx, cy, r: kind === 'rank' ? 3 : 4 });
  circle.append(titled(`${point.label}: ${point.trainable.toLocaleString('en')} trainable, ${formatBytes(point.bytes)}`));
  return circle;
}

function titled(words: string): SVGElement {
  const title = svg('title', {});
  title.textContent = words;
  return title;
}

function text(x: number, y: number, words: string, anchor: string): SVGElement {
  const made = svg('text', { x, y, 'text-anchor': anchor });
  made.textContent = words;
  return made;
}

function svg(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function legend(ranks: boolean): HTMLElement {
  return element(
    'p',
    { class: 'peft-muted' },
    'Each dot is a method at its defaults, with the training set up in the calculator. The line joins those that train most for their memory.',
    ranks ? ' The small dots are ranks of the method planned there.' : '',
  );
}

/** The same as a table: for screen readers, and for exact numbers. */
function rows(methods: readonly PlanPoint[], ranks: readonly PlanPoint[]): HTMLElement {
  const row = ({ label, trainable, bytes }: PlanPoint): HTMLElement =>
    element('tr', {}, element('th', { scope: 'row' }, label), element('td', {}, trainable.toLocaleString('en')), element('td', {}, formatBytes(bytes)));
  const head = element('tr', {}, ...['Method', 'Trainable', 'Memory'].map((label) => element('th', { scope: 'col' }, label)));
  return element(
    'details',
    {},
    element('summary', {}, 'As a table'),
    element('table', { class: 'scatter-table' }, element('thead', {}, head), element('tbody', {}, ...[...methods].sort((a, b) => a.trainable - b.trainable).map(row), ...ranks.map(row))),
  );
}
