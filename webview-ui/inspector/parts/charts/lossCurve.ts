/** The loss over training steps, on a log axis, with a marker at the step on show. A click goes there. */

import { axisBottom, axisLeft, extent, pointer, scaleLinear, scaleLog } from 'd3';
import type { TrainingInfo } from '../../../../src/protocol/source';
import { formatNumber } from '../../../shared/formatNumber';
import type { Canvas } from './chart';
import { chart, linePath } from './chart';

const HEIGHT = 128;
const MARGIN = { top: 8, right: 10, bottom: 30, left: 46 };

interface LossCurve {
  readonly element: SVGSVGElement;
  show(step: number): void;
  dispose(): void;
}

export function lossCurve(training: TrainingInfo, onPick: (step: number) => void): LossCurve {
  let step = 0;
  let marker: ((step: number) => void) | null = null;
  const base = chart('loss', HEIGHT, (svg, width, height) => {
    marker = draw(svg, width, height, training, onPick);
    marker(step);
  });
  return {
    element: base.element,
    show(now) {
      step = now;
      base.element.setAttribute(
        'aria-label',
        `Loss over ${training.loss.length} steps; ${formatNumber(training.loss[now] ?? NaN)} at step ${now}`,
      );
      marker?.(now);
    },
    dispose: base.dispose,
  };
}

/** Returns the function that moves the marker. */
function draw(
  svg: Canvas,
  width: number,
  height: number,
  training: TrainingInfo,
  onPick: (step: number) => void,
): (step: number) => void {
  const points = [...training.loss]
    .map((loss, step) => ({ loss, step }))
    .filter(({ loss }) => loss > 0 && Number.isFinite(loss));
  const last = Math.max(training.recordedSteps.at(-1) ?? 1, 1);
  const [low, high] = extent(points, ({ loss }) => loss);
  const bottom = height - MARGIN.bottom;
  const x = scaleLinear([0, last], [MARGIN.left, width - MARGIN.right]);
  const y = scaleLog([low ?? 0.1, high ?? 1], [bottom, MARGIN.top]).nice();

  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(axisBottom(x).ticks(5).tickSize(3).tickSizeOuter(0));
  svg
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${MARGIN.left},0)`)
    .call(
      axisLeft(y)
        .ticks(3)
        .tickFormat((value) => (isPowerOfTen(Number(value)) ? formatNumber(Number(value)) : ''))
        .tickSize(3),
    );
  svg
    .append('text')
    .attr('class', 'axis-title')
    .attr('x', (MARGIN.left + width) / 2)
    .attr('y', height - 2)
    .attr('text-anchor', 'middle')
    .text('training step');
  svg
    .append('path')
    .attr('class', 'curve')
    .attr('d', linePath(points.map((point) => [x(point.step), y(point.loss)])));
  const rule = svg.append('line').attr('class', 'marker').attr('y1', MARGIN.top).attr('y2', bottom);
  const dot = svg.append('circle').attr('class', 'dot').attr('r', 4);
  svg
    .append('rect')
    .attr('class', 'catch')
    .attr('x', MARGIN.left)
    .attr('y', 0)
    .attr('width', Math.max(0, width - MARGIN.left - MARGIN.right))
    .attr('height', bottom)
    .on('pointerdown pointermove', (event: PointerEvent) => {
      if (event.type === 'pointermove' && event.buttons !== 1) return;
      onPick(nearest(training.recordedSteps, x.invert(pointer(event)[0])));
    });
  return (step) => {
    rule.attr('x1', x(step)).attr('x2', x(step));
    const loss = training.loss[Math.min(step, training.loss.length - 1)];
    dot.attr('visibility', loss !== undefined && loss > 0 ? 'visible' : 'hidden');
    if (loss !== undefined && loss > 0) dot.attr('cx', x(step)).attr('cy', y(loss));
  };
}

function nearest(steps: readonly number[], wanted: number): number {
  return steps.reduce((best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best), steps[0] ?? 0);
}

/** A log axis has ticks at 2, 3, 4 and so on too; labelled, they would run into each other. */
function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}
