/** Singular values of `scaling * B * A` as bars, with the effective rank marked. */

import { axisBottom, axisLeft, max, min, scaleLinear, scaleLog } from 'd3';
import type { Spectrum } from '../../../../src/protocol/matrix';
import { formatNumber } from '../../../shared/formatNumber';
import type { Canvas, Chart } from './chart';
import { chart } from './chart';

const HEIGHT = 168;
const MARGIN = { top: 10, right: 8, bottom: 32, left: 46 };
/** A log axis starts no lower than this share of the largest value: float32 factors hold nothing below it. */
const LOG_FLOOR = 1e-8;

interface SpectrumChart {
  readonly element: SVGSVGElement;
  show(spectrum: Spectrum | null, scale: 'linear' | 'log', ceiling: number): void;
  dispose(): void;
}

export function spectrumChart(): SpectrumChart {
  let shown: { spectrum: Spectrum; scale: 'linear' | 'log'; ceiling: number } | null = null;
  const base: Chart = chart('spectrum', HEIGHT, (svg, width, height) => {
    if (shown) draw(svg, width, height, shown.spectrum, shown.scale, shown.ceiling);
  });
  return {
    element: base.element,
    show(spectrum, scale, ceiling) {
      shown = spectrum && { spectrum, scale, ceiling };
      base.element.setAttribute('aria-label', spectrum ? describe(spectrum) : 'Singular values');
      base.redraw();
    },
    dispose: base.dispose,
  };
}

function describe({ singularValues, effectiveRank }: Spectrum): string {
  const listed = [...singularValues.subarray(0, 8)].map((value) => formatNumber(value)).join(', ');
  return `${singularValues.length} singular values of ΔW: ${listed}. Effective rank ${formatNumber(effectiveRank)}.`;
}

/** `ceiling` keeps the axis still while training steps go by; 0 fits the values at hand. */
function draw(
  svg: Canvas,
  width: number,
  height: number,
  spectrum: Spectrum,
  scale: 'linear' | 'log',
  ceiling: number,
): void {
  const values = [...spectrum.singularValues];
  const count = values.length;
  const top = Math.max(max(values) ?? 0, ceiling) || 1;
  const positive = values.filter((value) => value > 0);
  const floor = Math.max(Math.min(min(positive) ?? top / 10, top / 10), top * LOG_FLOOR) / 1.5;
  const x = scaleLinear([0.5, count + 0.5], [MARGIN.left, width - MARGIN.right]);
  const bottom = height - MARGIN.bottom;
  const y =
    scale === 'log' ? scaleLog([floor, top], [bottom, MARGIN.top]) : scaleLinear([0, top], [bottom, MARGIN.top]).nice();
  const step = x(2) - x(1);
  const barWidth = Math.max(1, Math.min(step * 0.72, 28));

  const ticks =
    count <= 10 ? values.map((_, k) => k + 1) : x.ticks(6).filter((tick) => tick >= 1 && Number.isInteger(tick));
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(
      axisBottom(x)
        .tickValues(ticks)
        .tickFormat((tick) => String(tick))
        .tickSizeOuter(0)
        .tickSize(3),
    );
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${MARGIN.left},0)`)
    .call(
      axisLeft(y)
        .ticks(4, scale === 'log' ? '.0e' : undefined)
        .tickSize(3),
    );
  svg
    .append('text')
    .attr('class', 'axis-title')
    .attr('x', (MARGIN.left + width) / 2)
    .attr('y', height - 3)
    .attr('text-anchor', 'middle')
    .text('k-th singular value σₖ');

  const yOf = (value: number): number => (scale === 'log' ? y(Math.max(value, floor)) : y(value));
  svg
    .append('g')
    .attr('class', 'bars')
    .selectAll('rect')
    .data(values)
    .join('rect')
    .attr('x', (_, k) => x(k + 1) - barWidth / 2)
    .attr('width', barWidth)
    .attr('y', (value) => yOf(value))
    .attr('height', (value) => Math.max(0, bottom - yOf(value)))
    .append('title')
    .text((value, k) => `σ${k + 1} = ${formatNumber(value)}`);

  if (spectrum.effectiveRank > 0 && spectrum.norm > 0) {
    const at = x(spectrum.effectiveRank + 0.5);
    svg.append('line').attr('class', 'marker').attr('x1', at).attr('x2', at).attr('y1', MARGIN.top).attr('y2', bottom);
    const right = at > width * 0.6;
    svg
      .append('text')
      .attr('class', 'marker-label')
      .attr('x', at + (right ? -4 : 4))
      .attr('y', MARGIN.top + 9)
      .attr('text-anchor', right ? 'end' : 'start')
      .text(`effective rank ${spectrum.effectiveRank.toFixed(2)}`);
  }
}
