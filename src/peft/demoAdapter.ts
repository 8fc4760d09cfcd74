/**
 * The demo's bottleneck adapter. It trains towards the outputs of another adapter with fewer units, whose weights are
 * waves:
 *
 *     loss = mean((adapter(x) - planted(x))²)
 */

import type { Random } from '../tensor/random';
import { flattenTokens, Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import { Adapter } from './adapter';
import { hiddenStates, waves } from './demoInputs';
import type { AdapterSnapshot, DemoAdapter } from './demoResult';
import { BATCH, BATCHES, D_MODEL, SEQUENCE } from './demoSizes';
import { meanSquaredError } from './loss';
import { recordTraining } from './trainingRecord';
import type { RecordingOptions } from './trainingRecord';

const PLANTED_UNITS = 8;
/** Amplitudes of the waves on the way down, which make x·wDown about 1, and on the way up. */
const DOWN_AMPLITUDE = 0.09;
const UP_AMPLITUDE = 0.2;
const LEARNING_RATE = 0.001;

export async function runAdapter(random: Random, recording: RecordingOptions): Promise<DemoAdapter> {
  const adapter = new Adapter({ dModel: D_MODEL, random });
  const planted = plantedAdapter(random);
  const batches = Array.from({ length: BATCHES }, () => {
    const x = hiddenStates(BATCH, SEQUENCE, D_MODEL, random);
    return { x, target: planted.forward(x) };
  });
  const { x: shown } = batches[0]!;
  const adam = new Adam({ learningRate: LEARNING_RATE });
  const training = await recordTraining<AdapterSnapshot>(
    {
      optimiser: `Adam, learning rate ${LEARNING_RATE}`,
      pass(step) {
        const { x, target } = batches[step % BATCHES]!;
        const { value, gradOutput } = meanSquaredError(adapter.forward(x), target);
        adapter.backward(gradOutput);
        return value;
      },
      snapshot(step) {
        const { wDown, wUp, gradWDown, gradWUp } = adapter;
        const output = flattenTokens('demo: adapter output', adapter.forward(shown), D_MODEL);
        const { down, activated } = adapter.cache!;
        const weights = { wDown: wDown.clone(), wUp: wUp.clone(), gradWDown: gradWDown!, gradWUp: gradWUp! };
        return { step, ...weights, down, activated, output };
      },
      update() {
        adam.update(adapter.wDown, adapter.gradWDown!);
        adam.update(adapter.wUp, adapter.gradWUp!);
      },
    },
    recording,
  );
  return {
    dModel: adapter.dModel,
    bottleneckDim: adapter.bottleneckDim,
    numParameters: adapter.numParameters(),
    target: `the outputs of a planted adapter with ${PLANTED_UNITS} units, whose weights are waves`,
    start:
      'Both weights are small and random, so that y is almost x. Neither gradient is zero as a whole. A unit that the ' +
      'ReLU closes for a token gets no gradient from that token.',
    input: flattenTokens('demo: adapter input', shown, D_MODEL),
    training,
  };
}

function plantedAdapter(random: Random): Adapter {
  const planted = new Adapter({ dModel: D_MODEL, bottleneckDim: PLANTED_UNITS, random });
  planted.wDown = transposed(waves(PLANTED_UNITS, D_MODEL, DOWN_AMPLITUDE, random));
  planted.wUp = waves(PLANTED_UNITS, D_MODEL, UP_AMPLITUDE, random);
  return planted;
}

function transposed(matrix: Tensor): Tensor {
  const [rows, columns] = [matrix.shape[0]!, matrix.shape[1]!];
  const result = Tensor.zeros([columns, rows]);
  for (let i = 0; i < matrix.size; i++) result.data[(i % columns) * rows + Math.floor(i / columns)] = matrix.data[i]!;
  return result;
}
