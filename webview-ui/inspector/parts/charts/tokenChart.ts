/** The norm of each token of a soft prompt, as bars. */

import { max, scaleLinear } from 'd3';
import { h } from '../../../shared/element';
import { drawAxes, plotBox } from '../../../shared/axes';
import { formatNumber } from '../../../shared/formatNumber';
import type { Canvas } from './chart';
import { chart } from './chart';

const HEIGHT = 150;
const MARGIN = { top: 8, right: 8, bottom: 32, left: 42 };

interface TokenChart {
  readonly element: HTMLElement;
  /** (tokens). Empty hides the chart. */
  show(norms: Float64Array): void;
  dispose(): void;
}

export function tokenChart(): TokenChart {
  let shown = new Float64Array();
  const picture = chart('tokens', HEIGHT, (svg, width, height) => draw(svg, width, height, shown));
  const summary = h('p', { class: 'note' });
  const element = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Norm by token'), picture.element, summary);
  return {
    element,
    show(norms) {
      shown = new Float64Array(norms);
      element.hidden = norms.length === 0;
      const largest = norms.indexOf(max(norms) ?? NaN);
      summary.textContent = largest < 0 ? '' : `The largest is token ${largest}: ${formatNumber(norms[largest]!)}.`;
      picture.element.setAttribute('aria-label', `The norms of ${norms.length} tokens. ${summary.textContent}`);
      picture.redraw();
    },
    dispose: picture.dispose,
  };
}

function draw(svg: Canvas, width: number, height: number, norms: Float64Array): void {
  const box = plotBox(width, height, MARGIN);
  const x = scaleLinear([-0.5, norms.length - 0.5], [box.left, box.right]);
  const y = scaleLinear([0, max(norms) || 1], [box.bottom, box.top]).nice();
  const step = (box.right - box.left) / norms.length;
  drawAxes(
    svg,
    box,
    { scale: x, values: x.ticks(6).filter(Number.isInteger), label: String, title: 'token' },
    { scale: y, count: 4, label: (value) => formatNumber(value, 3) },
  );
  svg
    .append('g')
    .attr('class', 'bars')
    .selectAll('rect')
    .data(norms)
    .join('rect')
    .attr('x', (_, token) => x(token) - step / 2)
    .attr('width', Math.max(1, step - 1))
    .attr('y', (norm) => y(Number.isFinite(norm) ? norm : 0))
    .attr('height', (norm) => box.bottom - y(Number.isFinite(norm) ? norm : 0))
    .append('title')
    .text((norm, token) => `token ${token}: ${formatNumber(norm)}`);
}
