/** Steps through the recorded training: a slider, play and pause, and the loss curve. */

import type { TrainingInfo } from '../../../../src/protocol/source';
import { formatNumber } from '../../../shared/formatNumber';
import { h } from '../../../shared/element';
import { lossCurve } from '../charts/lossCurve';

/** Long enough for the tiles of a step to arrive and for the eye to follow. */
const PLAY_INTERVAL_MS = 160;

interface StepSlider {
  /** The slider, for the stage. */
  readonly element: HTMLElement;
  /** What one sees before the first step: below the slider, while it is there. */
  readonly note: HTMLElement;
  /** The loss curve, for the details panel. */
  readonly curve: HTMLElement;
  show(step: number): void;
  dispose(): void;
}

export function stepSlider(training: TrainingInfo, onStep: (step: number) => void): StepSlider {
  const steps = training.recordedSteps;
  let index = 0;
  let timer: ReturnType<typeof setInterval> | null = null;

  const play = h('button', { class: 'play', type: 'button', onclick: () => toggle() });
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: Math.max(0, steps.length - 1),
    step: 1,
    'aria-label': 'Training step',
    oninput: () => (pause(), go(slider.valueAsNumber)),
  });
  const reading = h('output', { class: 'reading' });
  const curve = lossCurve(training, (step) => (pause(), onStep(step)));
  const note = h('p', { class: 'step-note', role: 'status' }, h('strong', {}, 'Step 0: '), training.start);
  const element = h('div', { class: 'steps', role: 'group', 'aria-label': 'Training' }, play, slider, reading);

  function go(to: number): void {
    const step = steps[to];
    if (step !== undefined) onStep(step);
  }
  function pause(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
    play.textContent = '▶ Play';
  }
  function toggle(): void {
    if (timer !== null) return pause();
    if (index >= steps.length - 1) go(0);
    play.textContent = '❚❚ Pause';
    timer = setInterval(() => (index >= steps.length - 1 ? pause() : go(index + 1)), PLAY_INTERVAL_MS);
  }

  pause();
  return {
    element,
    note,
    curve: h(
      'section',
      { class: 'card' },
      h('h2', {}, 'Training'),
      curve.element,
      h('p', { class: 'note' }, `${training.optimiser}. It trains towards ${training.target}.`),
    ),
    show(step) {
      index = Math.max(0, steps.indexOf(step));
      slider.value = String(index);
      const loss = training.loss[Math.min(step, training.loss.length - 1)];
      const lossText = loss === undefined ? '' : ` · loss ${formatNumber(loss)}`;
      note.hidden = index > 0;
      reading.textContent = `step ${step} of ${steps.at(-1) ?? 0}${lossText}`;
      slider.setAttribute('aria-valuetext', reading.textContent);
      curve.show(step);
    },
    dispose() {
      pause();
      curve.dispose();
    },
  };
}
