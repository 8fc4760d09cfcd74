/** Draws parameters against memory as SVG: axes, the GPU's line, the Pareto front, the sweep, and labelled dots. */

import { replace } from '../shared/element';
import type { ScaleContinuousNumeric } from 'd3';
import { line, max, min, scaleLog } from 'd3';
import type { PlanPoint, PlanSweep } from '../../src/protocol/plan';
import { formatCount, formatMemory } from '../../src/text/numberText';
import { tickLabel } from '../shared/budget/logScale';
import { paretoFront } from './paretoFront';
import { placeLabels } from './scatterLabels';

const HEIGHT = 400;
const MARGIN = { top: 14, right: 24, bottom: 44, left: 72 };
const GIB = 2 ** 30;
/** The width of an axis label, in px. */
const TICK_ROOM = 56;

/** The scales and the edges of the plot, in px. */
interface Plot {
  readonly x: ScaleContinuousNumeric<number, number>;
  readonly y: ScaleContinuousNumeric<number, number>;
  readonly area: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

interface Drawn {
  readonly methods: readonly PlanPoint[];
  readonly ranks: readonly PlanPoint[];
  readonly planned: PlanPoint | null;
}

/** A log scale cannot show a point without parameters or memory. */
export const canBeDrawn = ({ trainable, bytes }: PlanPoint): boolean => trainable > 0 && bytes > 0;

/** `width` is in px. */
export function scatterPicture(sweep: PlanSweep, width: number): SVGElement {
  const { gpu } = sweep;
  const methods = sweep.methods.filter(canBeDrawn);
  const ranks = sweep.ranks.filter(canBeDrawn);
  const planned = sweep.planned && canBeDrawn(sweep.planned) ? sweep.planned : null;
  const drawn: Drawn = { methods, ranks, planned };
  const plot = plotOf([...methods, ...ranks, ...(planned ? [planned] : [])], gpu, width);
  const picture = svg('svg', {
    width,
    height: HEIGHT,
    role: 'img',
    'aria-label': 'Trainable parameters against training memory, both on log scales. The table below has the numbers.',
  });
  const axes = [memoryAxis(plot), parameterAxis(plot), gpu ? gpuLine(plot, gpu) : []];
  replace(picture, axes, marks(plot, drawn), names(plot, drawn, gpu));
  return picture;
}

function plotOf(drawn: readonly PlanPoint[], gpu: PlanSweep['gpu'], width: number): Plot {
  const area = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom };
  const sizes = extent([...drawn.map(({ bytes }) => bytes), ...(gpu ? [gpu.bytes] : [])]);
  return {
    x: scaleLog(extent(drawn.map(({ trainable }) => trainable)), [area.left, area.right]).nice(),
    y: scaleLog([sizes[0] / 1.1, sizes[1] * 1.1], [area.bottom, area.top]),
    area,
  };
}

function memoryAxis({ y, area: { left, right, top, bottom } }: Plot): SVGElement[] {
  const name = text(0, 0, 'Memory on each GPU, log scale', 'middle', 'axis-name');
  name.setAttribute('transform', `translate(12, ${(bottom + top) / 2}) rotate(-90)`);
  const ticks = memoryTicks(y.domain() as [number, number]).flatMap((tick) => [
    svg('line', { class: 'grid', x1: left, x2: right, y1: y(tick), y2: y(tick) }),
    text(left - 8, y(tick) + 4, `${Number((tick / GIB).toPrecision(3))} GiB`, 'end'),
  ]);
  return [...ticks, name];
}

function parameterAxis({ x, area: { left, right, top, bottom } }: Plot): SVGElement[] {
  const decades = x.ticks().filter((value) => Number.isInteger(Math.log10(value)));
  const every = Math.max(1, Math.ceil((decades.length * TICK_ROOM) / (right - left)));
  const ticks = decades.flatMap((tick, index) => [
    svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: top, y2: bottom }),
    ...(index % every === 0 ? [text(x(tick), bottom + 17, tickLabel(tick), 'middle')] : []),
  ]);
  return [...ticks, text((left + right) / 2, HEIGHT - 6, 'Trainable parameters, log scale', 'middle', 'axis-name')];
}

function gpuLine({ y, area: { left, right } }: Plot, gpu: NonNullable<PlanSweep['gpu']>): SVGElement[] {
  return [
    svg('line', { class: 'gpu', x1: left, x2: right, y1: y(gpu.bytes), y2: y(gpu.bytes) }),
    text(right, y(gpu.bytes) - 5, gpu.label, 'end', 'gpu-name'),
  ];
}

function marks({ x, y }: Plot, { methods, ranks, planned }: Drawn): SVGElement[] {
  const path = line<PlanPoint>(
    ({ trainable }) => x(trainable),
    ({ bytes }) => y(bytes),
  );
  const dot = (point: PlanPoint, kind: string): SVGElement => {
    const circle = svg('circle', {
      class: kind,
      cx: x(point.trainable),
      cy: y(point.bytes),
      r: kind === 'rank' ? 3 : 4.5,
    });
    const title = svg('title', {});
    title.textContent = `${point.label}: ${formatCount(point.trainable)} trainable, ${formatMemory(point.bytes)}`;
    circle.append(title);
    return circle;
  };
  const front = paretoFront(methods);
  return [
    svg('path', { class: 'front', d: path(front) ?? '' }),
    ...(ranks.length > 1 ? [svg('path', { class: 'ranks', d: path(ranks) ?? '' })] : []),
    ...methods.map((point) => dot(point, front.includes(point) ? 'method best' : 'method')),
    ...ranks.map((point) => dot(point, 'rank')),
    ...(planned ? [diamond(x(planned.trainable), y(planned.bytes))] : []),
  ];
}

/** A shape of its own for the reader's plan. */
function diamond(x: number, y: number): SVGElement {
  return svg('path', { class: 'planned', d: `M${x},${y - 8} l8,8 l-8,8 l-8,-8 z` });
}

/** Names the reader's plan first, then the ends of its sweep, the front, and other methods as far as they fit. */
function names({ x, y, area }: Plot, { methods, ranks, planned }: Drawn, gpu: PlanSweep['gpu']): SVGElement[] {
  const at = ({ trainable, bytes }: PlanPoint): { readonly x: number; readonly y: number } => ({
    x: x(trainable),
    y: y(bytes),
  });
  const ends = ranks.length > 1 ? [ranks[0]!, ranks.at(-1)!] : [];
  const asked = [...(planned ? [planned] : []), ...ends];
  const named = [...new Set([...asked, ...paretoFront(methods), ...methods])];
  const gpuName = gpu && {
    left: area.right - 7 * gpu.label.length,
    right: area.right,
    top: y(gpu.bytes) - 16,
    bottom: y(gpu.bytes),
  };
  return placeLabels(
    named.map((point) => ({ ...at(point), text: point.label })),
    [...methods, ...ranks, ...(planned ? [planned] : [])].map(at),
    area,
    gpuName ? [gpuName] : [],
  ).map((label) => text(label.x, label.y, label.text, label.anchor, 'name'));
}

/** Ticks in the domain at 1, 2 and 5 times each power of ten, in GiB. */
function memoryTicks([least, most]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(least / GIB));
  const last = Math.ceil(Math.log10(most / GIB));
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  return powers
    .flatMap((power) => [1, 2, 5].map((digit) => digit * power * GIB))
    .filter((tick) => tick >= least && tick <= most);
}

function extent(values: readonly number[]): [number, number] {
  const least = min(values) ?? Infinity;
  const most = max(values) ?? -Infinity;
  return least < most ? [least, most] : [least / 2, most * 2];
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
