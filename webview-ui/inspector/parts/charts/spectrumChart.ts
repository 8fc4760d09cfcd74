/** Singular values of `scaling * B * A` as bars, with the effective rank marked. */

import { max, min, scaleLinear, scaleLog } from 'd3';
import type { Spectrum } from '../../../../src/protocol/matrix';
import { drawAxes, plotBox } from '../../../shared/axes';
import type { PlotBox } from '../../../shared/axes';
import { formatNumber } from '../../../shared/formatNumber';
import type { Canvas, Chart } from './chart';
import { chart } from './chart';
import { ordinalScale, ordinalTicks } from './ordinalScale';

const HEIGHT = 168;
/** Labels of three digits fit side by side. */
const MAX_TICKS = 8;
const MARGIN = { top: 10, right: 8, bottom: 32, left: 46 };
/** A log axis starts no lower than this share of the largest value: float32 factors hold nothing below it. */
const LOG_FLOOR = 1e-8;

interface Shown {
  readonly spectrum: Spectrum;
  readonly scale: 'linear' | 'log';
  readonly ceiling: number;
}

interface SpectrumChart {
  readonly element: SVGSVGElement;
  /** `ceiling` keeps the y axis still while training steps go by; 0 fits it to the values. */
  show(spectrum: Spectrum | null, scale: 'linear' | 'log', ceiling: number): void;
  dispose(): void;
}

export function spectrumChart(): SpectrumChart {
  let shown: Shown | null = null;
  const base: Chart = chart('spectrum', HEIGHT, (svg, width, height) => {
    if (shown) draw(svg, plotBox(width, height, MARGIN), shown);
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

function draw(svg: Canvas, box: PlotBox, { spectrum, scale, ceiling }: Shown): void {
  const values = [...spectrum.singularValues];
  const top = Math.max(max(values) ?? 0, ceiling) || 1;
  const positive = values.filter((value) => value > 0);
  const floor = Math.max(Math.min(min(positive) ?? top / 10, top / 10), top * LOG_FLOOR) / 1.5;
  const x = ordinalScale(values.length, box.left, box.right);
  const range = [box.bottom, box.top];
  const y = scale === 'log' ? scaleLog([floor, top], range) : scaleLinear([0, top], range).nice();
  drawAxes(
    svg,
    box,
    { scale: x, values: ordinalTicks(values.length, MAX_TICKS), label: String, title: 'k-th singular value σₖ' },
    { scale: y, count: 4, ...(scale === 'log' && { specifier: '.0e' }) },
  );
  drawBars(svg, box, values, x, (value) => (scale === 'log' ? y(Math.max(value, floor)) : y(value)));
  if (spectrum.effectiveRank > 0 && spectrum.norm > 0) markRank(svg, box, spectrum.effectiveRank, x);
}

function drawBars(
  svg: Canvas,
  box: PlotBox,
  values: readonly number[],
  x: (k: number) => number,
  y: (value: number) => number,
): void {
  const width = Math.max(1, Math.min((x(2) - x(1)) * 0.72, 28));
  svg
    .append('g')
    .attr('class', 'bars')
    .selectAll('rect')
    .data(values)
    .join('rect')
    .attr('x', (_, k) => x(k + 1) - width / 2)
    .attr('width', width)
    .attr('y', y)
    .attr('height', (value) => Math.max(0, box.bottom - y(value)))
    .append('title')
    .text((value, k) => `σ${k + 1} = ${formatNumber(value)}`);
}

function markRank(svg: Canvas, box: PlotBox, effectiveRank: number, x: (k: number) => number): void {
  const at = x(effectiveRank);
  svg.append('line').attr('class', 'marker').attr('x1', at).attr('x2', at).attr('y1', box.top).attr('y2', box.bottom);
  // The label goes to the side of the marker that has room for it.
  const right = at > box.right * 0.6;
  svg
    .append('text')
    .attr('class', 'marker-label')
    .attr('x', at + (right ? -4 : 4))
    .attr('y', box.top + 9)
    .attr('text-anchor', right ? 'end' : 'start')
    .text(`effective rank ${effectiveRank.toFixed(2)}`);
}
