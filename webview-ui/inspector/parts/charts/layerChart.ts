/** The metric over the layers, one line a module group: trends that a grid of colours only hints at. */

import { axisBottom, axisLeft, max, scaleLinear } from 'd3';
import { formatNumber } from '../../../shared/formatNumber';
import type { ModuleGrid } from '../../data/moduleGrid';
import { withoutCommonPrefix } from '../../data/moduleGrid';
import type { Canvas } from './chart';
import { chart, linePath } from './chart';
import { h, replace } from '../../../shared/element';

const HEIGHT = 190;
const MARGIN = { top: 8, right: 8, bottom: 32, left: 42 };
/** More lines than this are a thicket; the rest are left out, and the caption says so. */
const MAX_LINES = 10;
/** Tableau's ten: told apart on light and on dark. */
const LINE_COLORS: readonly string[] = [
  '#4e79a7',
  '#f28e2c',
  '#e15759',
  '#76b7b2',
  '#59a14f',
  '#edc949',
  '#af7aa1',
  '#ff9da7',
  '#9c755f',
  '#bab0ab',
];

interface Point {
  readonly layer: number;
  readonly value: number;
}

interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface LayerChart {
  readonly element: HTMLElement;
  show(grid: ModuleGrid, values: Float64Array, untrained: readonly boolean[], metric: string, computed: boolean): void;
  dispose(): void;
}

export function layerChart(): LayerChart {
  let series: readonly Series[] = [];
  const picture = chart('layers', HEIGHT, (svg, width, height) => draw(svg, width, height, series));
  const keys = h('ul', { class: 'line-keys' });
  const title = h('h3', {});
  const element = h('section', { class: 'card' }, title, picture.element, keys);
  return {
    element,
    show(grid, values, untrained, metric, computed) {
      const names = withoutCommonPrefix(grid.columns);
      const all = names.map((name, column) => ({
        name,
        points: grid.rows.flatMap(({ layer, modules }) => {
          const module = modules[column];
          const value = module === null || module === undefined ? NaN : (values[module] ?? NaN);
          return Number.isFinite(value) ? [{ layer, value: untrained[module as number] ? 0 : value }] : [];
        }),
      }));
      series = all.slice(0, MAX_LINES);
      element.hidden = !computed || grid.rows.length < 2;
      title.textContent = `${metric} by layer`;
      picture.element.setAttribute('aria-label', `${metric} over ${grid.rows.length} layers for ${names.join(', ')}`);
      picture.redraw();
      replace(
        keys,
        ...series.map(({ name }, i) => {
          const swatch = h('span', { class: 'swatch' });
          swatch.style.backgroundColor = lineColor(i);
          return h('li', { title: name }, swatch, name);
        }),
        all.length > MAX_LINES && h('li', {}, `and ${all.length - MAX_LINES} more groups`),
      );
    },
    dispose: picture.dispose,
  };
}

/** Stretches of neighbouring layers: a line over a layer that has no value would claim one. */
function runs(points: Series['points']): Series['points'][] {
  const found: Point[][] = [];
  for (const point of points) {
    const run = found.at(-1);
    if (run && point.layer - (run.at(-1)?.layer ?? 0) === 1) run.push(point);
    else found.push([point]);
  }
  return found;
}

function lineColor(index: number): string {
  return LINE_COLORS[index % LINE_COLORS.length] ?? 'currentColor';
}

function draw(svg: Canvas, width: number, height: number, series: readonly Series[]): void {
  const points = series.flatMap((one) => one.points);
  const bottom = height - MARGIN.bottom;
  const x = scaleLinear(
    [Math.min(...points.map(({ layer }) => layer)), max(points, ({ layer }) => layer) ?? 1],
    [MARGIN.left + 4, width - MARGIN.right],
  );
  const y = scaleLinear([0, max(points, ({ value }) => value) || 1], [bottom, MARGIN.top]).nice();
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(
      axisBottom(x).tickValues(x.ticks(6).filter(Number.isInteger)).tickFormat(String).tickSize(3).tickSizeOuter(0),
    );
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${MARGIN.left},0)`)
    .call(
      axisLeft(y)
        .ticks(4)
        .tickFormat((value) => formatNumber(Number(value), 3))
        .tickSize(3),
    );
  svg
    .append('text')
    .attr('class', 'axis-title')
    .attr('x', (MARGIN.left + width) / 2)
    .attr('y', height - 3)
    .attr('text-anchor', 'middle')
    .text('layer');
  series.forEach((one, i) => {
    svg
      .append('path')
      .attr('class', 'curve')
      .attr('stroke', lineColor(i))
      .attr(
        'd',
        runs(one.points)
          .map((run) => linePath(run.map((point) => [x(point.layer), y(point.value)])))
          .join(''),
      );
    svg
      .append('g')
      .selectAll('circle')
      .data(one.points)
      .join('circle')
      .attr('r', 2.2)
      .attr('fill', lineColor(i))
      .attr('cx', (point) => x(point.layer))
      .attr('cy', (point) => y(point.value));
  });
}
