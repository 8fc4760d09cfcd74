/** The loss over training steps on a log axis, with a marker at the current step. A click selects a step. */

import { extent, pointer, scaleLinear, scaleLog } from 'd3';
import type { TrainingInfo } from '../../../../src/protocol/source';
import { drawAxes, plotBox } from '../../../shared/axes';
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

/** Returns a function that moves the marker. */
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
  const box = plotBox(width, height, MARGIN);
  const x = scaleLinear([0, last], [box.left, box.right]);
  const y = scaleLog([low ?? 0.1, high ?? 1], [box.bottom, box.top]).nice();
  drawAxes(
    svg,
    box,
    { scale: x, count: 5, title: 'training step' },
    { scale: y, count: 3, label: (value) => (isPowerOfTen(value) ? formatNumber(value) : '') },
  );
  svg
    .append('path')
    .attr('class', 'curve')
    .attr('d', linePath(points.map((point) => [x(point.step), y(point.loss)])));
  const rule = svg.append('line').attr('class', 'marker').attr('y1', box.top).attr('y2', box.bottom);
  const dot = svg.append('circle').attr('class', 'dot').attr('r', 4);
  svg
    .append('rect')
    .attr('class', 'catch')
    .attr('x', box.left)
    .attr('y', 0)
    .attr('width', Math.max(0, box.right - box.left))
    .attr('height', box.bottom)
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

/** A log axis also has ticks at 2, 3, 4 and so on. Their labels would overlap. */
function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}
