/** Trainable parameters against memory: every method at its defaults, those that none beats marked, and a sweep of ranks. */

import { line, scaleLog } from 'd3';
import type { PlanPoint, PlanSweep } from '../../src/protocol/plan';
import { h } from '../shared/element';
import { tickLabel } from '../shared/budget/logScale';
import { formatCount, formatMemory } from '../../src/text/numberText';
import { placeLabels } from './scatterLabels';

const HEIGHT = 400;
const MARGIN = { top: 14, right: 24, bottom: 44, left: 72 };
const GIB = 2 ** 30;
/** Of an axis label, in px. */
const TICK_ROOM = 56;

/** Points that no other one beats: none trains more for as little memory. */
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
  readonly root = h('div', { class: 'scatter' });
  private readonly frame = h('div', { class: 'scatter-frame' });
  private sweep: PlanSweep | null = null;

  constructor() {
    this.root.append(h('p', { class: 'peft-muted', role: 'status' }, 'Estimating every method…'));
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  show(sweep: PlanSweep): void {
    this.sweep = sweep;
    const { methods, ranks } = sweep;
    const some = [...methods, ...ranks].some(({ trainable, bytes }) => trainable > 0 && bytes > 0);
    if (!some)
      return this.root.replaceChildren(h('p', { class: 'peft-muted' }, 'No method can be estimated on this model.'));
    this.root.replaceChildren(this.frame, legend(ranks.length > 1), rows(methods, ranks));
    this.draw();
  }

  private draw(): void {
    const width = this.frame.clientWidth;
    if (!this.sweep || width === 0) return;
    const { gpu } = this.sweep;
    const methods = this.sweep.methods.filter(({ trainable, bytes }) => trainable > 0 && bytes > 0);
    const ranks = this.sweep.ranks.filter(({ trainable, bytes }) => trainable > 0 && bytes > 0);
    const drawn = [...methods, ...ranks];
    const x = scaleLog(extent(drawn.map(({ trainable }) => trainable)), [MARGIN.left, width - MARGIN.right]).nice();
    const sizes = extent([...drawn.map(({ bytes }) => bytes), ...(gpu ? [gpu.bytes] : [])]);
    const y = scaleLog([sizes[0] / 1.1, sizes[1] * 1.1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
    const picture = svg('svg', {
      width,
      height: HEIGHT,
      role: 'img',
      'aria-label':
        'Trainable parameters against training memory, both on log scales. The table below has the numbers.',
    });
    for (const tick of memoryTicks(y.domain() as [number, number])) {
      picture.append(
        svg('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
        text(MARGIN.left - 8, y(tick) + 4, `${Number((tick / GIB).toPrecision(3))} GiB`, 'end'),
      );
    }
    const decades = x.ticks().filter((value) => Number.isInteger(Math.log10(value)));
    const every = Math.max(1, Math.ceil((decades.length * TICK_ROOM) / (width - MARGIN.left - MARGIN.right)));
    decades.forEach((tick, index) => {
      picture.append(
        svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
      );
      if (index % every === 0) picture.append(text(x(tick), HEIGHT - MARGIN.bottom + 17, tickLabel(tick), 'middle'));
    });
    picture.append(
      text(
        (MARGIN.left + width - MARGIN.right) / 2,
        HEIGHT - 6,
        'Trainable parameters, log scale',
        'middle',
        'axis-name',
      ),
    );
    const upright = text(0, 0, 'Memory on each GPU, log scale', 'middle', 'axis-name');
    upright.setAttribute('transform', `translate(12, ${(HEIGHT - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)`);
    picture.append(upright);
    if (gpu) {
      picture.append(
        svg('line', { class: 'gpu', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(gpu.bytes), y2: y(gpu.bytes) }),
        text(width - MARGIN.right, y(gpu.bytes) - 5, gpu.label, 'end', 'gpu-name'),
      );
    }
    const at = (point: PlanPoint): { readonly x: number; readonly y: number } => ({
      x: x(point.trainable),
      y: y(point.bytes),
    });
    const path = line<PlanPoint>(
      (point) => at(point).x,
      (point) => at(point).y,
    );
    const front = paretoFront(methods);
    picture.append(svg('path', { class: 'front', d: path(front) ?? '' }));
    if (ranks.length > 1) picture.append(svg('path', { class: 'ranks', d: path(ranks) ?? '' }));
    for (const point of methods)
      picture.append(dot(point, at(point), front.includes(point) ? 'method best' : 'method'));
    for (const point of ranks) picture.append(dot(point, at(point), 'rank'));
    // The front is named first, then the ends of the sweep, then whatever there is room for.
    const ends = ranks.length > 1 ? [ranks[0]!, ranks.at(-1)!] : [];
    const named = [...new Set([...front, ...ends, ...methods])].map((point) => ({ ...at(point), text: point.label }));
    const area = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom };
    const taken = gpu
      ? [
          {
            left: width - MARGIN.right - 7 * gpu.label.length,
            right: width - MARGIN.right,
            top: y(gpu.bytes) - 16,
            bottom: y(gpu.bytes),
          },
        ]
      : [];
    for (const label of placeLabels(named, drawn.map(at), area, taken))
      picture.append(text(label.x, label.y, label.text, label.anchor, 'name'));
    this.frame.replaceChildren(picture);
  }
}

/** 1, 2 and 5 of each power of ten of GiB within the domain. */
function memoryTicks([least, most]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(least / GIB));
  const last = Math.ceil(Math.log10(most / GIB));
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  return powers
    .flatMap((power) => [1, 2, 5].map((digit) => digit * power * GIB))
    .filter((tick) => tick >= least && tick <= most);
}

function extent(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least < most ? [least, most] : [least / 2, most * 2];
}

function dot(point: PlanPoint, { x, y }: { readonly x: number; readonly y: number }, kind: string): SVGElement {
  const circle = svg('circle', { class: kind, cx: x, cy: y, r: kind === 'rank' ? 3 : 4.5 });
  const title = svg('title', {});
  title.textContent = `${point.label}: ${formatCount(point.trainable)} trainable, ${formatMemory(point.bytes)}`;
  circle.append(title);
  return circle;
}

function text(x: number, y: number, words: string, anchor: string, kind = ''): SVGElement {
  const made = svg('text', { x, y, 'text-anchor': anchor, ...(kind && { class: kind }) });
  made.textContent = words;
  return made;
}

function svg(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function legend(ranks: boolean): HTMLElement {
  return h(
    'p',
    { class: 'peft-muted' },
    'Each dot is a method at its defaults, with the training set up in the calculator. The line joins those that train most for their memory.',
    ranks ? ' The small dots are ranks of the method planned there.' : '',
  );
}

/** The same as a table: for screen readers, and for exact numbers. */
function rows(methods: readonly PlanPoint[], ranks: readonly PlanPoint[]): HTMLElement {
  const row = ({ label, trainable, bytes }: PlanPoint): HTMLElement =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, label),
      h('td', {}, formatCount(trainable)),
      h('td', {}, formatMemory(bytes)),
    );
  const head = h('tr', {}, ...['Method', 'Trainable', 'Memory'].map((label) => h('th', { scope: 'col' }, label)));
  return h(
    'details',
    {},
    h('summary', {}, 'As a table'),
    h(
      'table',
      { class: 'scatter-table' },
      h('thead', {}, head),
      h('tbody', {}, ...[...methods].sort((a, b) => a.trainable - b.trainable).map(row), ...ranks.map(row)),
    ),
  );
}
