/** The step slider of whichever training a tensor belongs to. */

import type { TrainedMethod, Trainings } from '../../../../src/protocol/source';
import { h, replace } from '../../../shared/element';
import { stepSlider } from './stepSlider';

interface TrainingSteps {
  readonly element: HTMLElement;
  /** The loss curve, for the details panel. */
  readonly curve: HTMLElement;
  /** Shows nothing without a method. */
  show(method: TrainedMethod | undefined, step: number | undefined): void;
  dispose(): void;
}

export function trainingSteps(trainings: Trainings | undefined, onStep: (step: number) => void): TrainingSteps {
  const element = h('div', { class: 'training-steps', hidden: true });
  const curve = h('div', { hidden: true });
  let shown: TrainedMethod | undefined;
  let slider: ReturnType<typeof stepSlider> | null = null;
  return {
    element,
    curve,
    show(method, step) {
      if (method !== shown) {
        slider?.dispose();
        slider = method && trainings ? stepSlider(trainings[method], onStep) : null;
        replace(element, slider?.element);
        replace(curve, slider?.curve);
        element.hidden = curve.hidden = slider === null;
        shown = method;
      }
      if (step !== undefined) slider?.show(step);
    },
    dispose: () => slider?.dispose(),
  };
}
