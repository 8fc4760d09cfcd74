/** A colour ramp with its axis, for values from low to high. */

import { scaleLinear, select } from 'd3';
import { axis } from '../../../shared/axes';
import { formatNumber } from '../../../shared/formatNumber';

const WIDTH = 220;
const BAR = 10;
const HEIGHT = 30;
const STEPS = 44;

export function rampLegend(label: string, low: number, high: number, color: (value: number) => string): HTMLElement {
  const figure = document.createElement('figure');
  figure.className = 'ramp';
  const svg = select(figure)
    .append('svg')
    .attr('width', WIDTH + 24)
    .attr('height', HEIGHT)
    .attr('role', 'img')
    .attr('aria-label', `${label}: colour scale from ${low} to ${high}`);
  const x = scaleLinear([low, high], [12, WIDTH + 12]);
  svg
    .selectAll('rect')
    .data(Array.from({ length: STEPS }, (_, i) => low + ((i + 0.5) / STEPS) * (high - low)))
    .join('rect')
    .attr('x', (_, i) => 12 + (i * WIDTH) / STEPS)
    .attr('width', WIDTH / STEPS + 0.5)
    .attr('height', BAR)
    .attr('fill', color);
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${BAR})`)
    .call(axis('bottom', { scale: x, count: 4, label: (value) => formatNumber(value, 3) }));
  return figure;
}
