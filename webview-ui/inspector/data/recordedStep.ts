/** The training step to show. */

import type { TrainingInfo } from '../../../src/protocol/source';
import type { InspectorState } from './state';

/** The step that the user chose, or else the first. `undefined` if the source records no training. */
export function recordedStep(training: TrainingInfo | undefined, { step }: InspectorState): number | undefined {
  return training?.recordedSteps.includes(step) ? step : training?.recordedSteps[0];
}
