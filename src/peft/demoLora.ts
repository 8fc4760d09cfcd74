/** The demo's LoRA layer, which trains towards a planted change of its frozen weight. */

import type { Random } from '../tensor/random';
import { addScaled } from '../tensor/elementwise';
import { matmulNT } from '../tensor/matmul';
import { flattenTokens } from '../tensor/tensor';
import { hiddenStates, plantedChange, pretrainedWeight, PLANTED_RANK } from './demoInputs';
import type { DemoLora } from './demoResult';
import { BATCH, D_MODEL, SEQUENCE } from './demoSizes';
import { LoRALayer } from './lora';
import { meanSquaredError } from './loss';
import { trainLora } from './training';
import type { RecordingOptions } from './trainingRecord';

/** Magnitude of the largest entries of the planted change. Entries of W are about 1 / sqrt(256) = 0.06. */
const PLANTED_AMPLITUDE = 0.05;

export async function runLora(random: Random, recording: RecordingOptions): Promise<DemoLora> {
  const layer = new LoRALayer({ inFeatures: D_MODEL, outFeatures: D_MODEL, random });
  const weight = pretrainedWeight(D_MODEL, D_MODEL, random);
  const plantedDelta = plantedChange(D_MODEL, D_MODEL, PLANTED_AMPLITUDE);
  const x = hiddenStates(BATCH, SEQUENCE, D_MODEL, random);

  const output = layer.forward(x, weight);
  const target = matmulNT(flattenTokens('demo: x', x, D_MODEL), addScaled(weight.clone(), plantedDelta));
  const { gradOutput } = meanSquaredError(output, target.reshape(output.shape));
  const gradInput = layer.backward(gradOutput);

  const training = await trainLora({
    layer,
    weight,
    targetDelta: plantedDelta,
    // Step 0 reuses the batch above, so that the record starts with that forward and backward pass.
    batch: (step) => (step === 0 ? x : hiddenStates(BATCH, SEQUENCE, D_MODEL, random)),
    ...recording,
  });
  return {
    inFeatures: layer.inFeatures,
    outFeatures: layer.outFeatures,
    rank: layer.rank,
    alpha: layer.alpha,
    scaling: layer.scaling,
    numParameters: layer.numParameters(),
    weight,
    plantedDelta,
    target: `a planted change of rank ${PLANTED_RANK}: two waves and two blocks`,
    start:
      'A is random and B is zero, so that the layer starts as the frozen one. The gradient of A is zero too, because ' +
      'it reaches A through B. The first step moves only B.',
    x,
    output,
    gradOutput,
    gradInput,
    training,
  };
}
