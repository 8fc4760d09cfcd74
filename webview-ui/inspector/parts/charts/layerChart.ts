/** The metric over the layers, one line per module group: it shows trends that a grid of colours only hints at. */

import { max, min, scaleLinear } from 'd3';
import { drawAxes, plotBox } from '../../../shared/axes';
import { formatNumber } from '../../../shared/formatNumber';
import type { ModuleGrid } from '../../data/moduleGrid';
import type { Canvas } from './chart';
import { chart, linePath } from './chart';
import { lineColor, lineDash, lineKey, MAX_LINES } from './lineStyles';
import { h, replace } from '../../../shared/element';
import { breakable } from '../../../shared/names';
import { onThemeChange } from '../../../shared/theme';

const HEIGHT = 190;
const MARGIN = { top: 8, right: 8, bottom: 32, left: 42 };

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
  /** Shows nothing if there is no grid of layers. */
  show(
    grid: ModuleGrid | undefined,
    values: Float64Array,
    untrained: readonly boolean[],
    metric: string,
    computed: boolean,
  ): void;
  dispose(): void;
}

export function layerChart(): LayerChart {
  let series: readonly Series[] = [];
  const picture = chart('layers', HEIGHT, (svg, width, height) => draw(svg, width, height, series));
  const keys = h('ul', { class: 'line-keys' });
  const title = h('h2', {});
  let more = 0;
  const redraw = (): void => {
    picture.redraw();
    replace(
      keys,
      series.map(({ name }, i) => h('li', {}, lineKey(i), h('span', {}, breakable(name)))),
      more > 0 && h('li', {}, `and ${more} more groups`),
    );
  };
  const stopTheme = onThemeChange(redraw);
  const element = h('section', { class: 'card' }, title, picture.element, keys);
  return {
    element,
    show(grid, values, untrained, metric, computed) {
      element.hidden = !grid || !computed || grid.rows.length < 2;
      if (!grid) return;
      const all = grid.columns.map((name, column) => ({
        name,
        points: grid.rows.flatMap(({ layer, modules }) => {
          const module = modules[column];
          const value = module === null || module === undefined ? NaN : (values[module] ?? NaN);
          return Number.isFinite(value) ? [{ layer, value: untrained[module as number] ? 0 : value }] : [];
        }),
      }));
      series = all.slice(0, MAX_LINES);
      title.textContent = `${metric} by layer`;
      picture.element.setAttribute(
        'aria-label',
        `${metric} over ${grid.rows.length} layers for ${grid.columns.join(', ')}`,
      );
      more = all.length - series.length;
      redraw();
    },
    dispose() {
      stopTheme();
      picture.dispose();
    },
  };
}

/** Splits the points into runs of consecutive layers: a line across a layer without a value would claim one. */
function runs(points: Series['points']): Series['points'][] {
  const found: Point[][] = [];
  for (const point of points) {
    const run = found.at(-1);
    if (run && point.layer - (run.at(-1)?.layer ?? 0) === 1) run.push(point);
    else found.push([point]);
  }
  return found;
}

function draw(svg: Canvas, width: number, height: number, series: readonly Series[]): void {
  const points = series.flatMap((one) => one.points);
  const box = plotBox(width, height, MARGIN);
  const x = scaleLinear(
    [min(points, ({ layer }) => layer) ?? 0, max(points, ({ layer }) => layer) ?? 1],
    [box.left + 4, box.right],
  );
  const y = scaleLinear([0, max(points, ({ value }) => value) || 1], [box.bottom, box.top]).nice();
  drawAxes(
    svg,
    box,
    { scale: x, values: x.ticks(6).filter(Number.isInteger), label: String, title: 'layer' },
    { scale: y, count: 4, label: (value) => formatNumber(value, 3) },
  );
  series.forEach((one, i) => {
    svg
      .append('path')
      .attr('class', 'curve')
      .attr('stroke', lineColor(i))
      .attr('stroke-dasharray', lineDash(i))
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
