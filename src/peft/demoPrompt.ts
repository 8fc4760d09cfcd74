/**
 * The demo's prompt before a frozen attention layer. It trains towards the outputs that the layer gives at the input's
 * tokens if a planted prompt of waves stands before them:
 *
 *     loss = mean((attention([prompt; x]) - attention([planted; x]))²)     at the tokens of x
 */

import { scale } from '../tensor/elementwise';
import type { Random } from '../tensor/random';
import { Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import { hiddenStates, pretrainedWeight, waves } from './demoInputs';
import type { DemoPrompt, PromptSnapshot } from './demoResult';
import { BATCHES, D_MODEL, NUM_HEADS, SEQUENCE, sequencesOf } from './demoSizes';
import { FrozenAttention } from './frozenAttention';
import { meanSquaredError } from './loss';
import { PromptTuning } from './promptTuning';
import { recordTraining } from './trainingRecord';
import type { RecordingOptions } from './trainingRecord';

/**
 * Standard deviation of the demo's word embeddings: typical of a trained table, and four times the initial prompt's.
 */
const EMBEDDING_DEVIATION = 0.04;
/** Amplitude of the waves of the planted prompt, which are as large as the words. */
const PLANTED_AMPLITUDE = 0.04;
const LEARNING_RATE = 0.001;

export async function runPrompt(random: Random, recording: RecordingOptions): Promise<DemoPrompt> {
  const tuning = new PromptTuning({ dModel: D_MODEL, random });
  // Embeddings are small, and a model's first norm would bring them to about 1.
  const draw = (): Tensor => scale(pretrainedWeight(D_MODEL, D_MODEL, random), 1 / EMBEDDING_DEVIATION);
  const layer = new FrozenAttention({ query: draw(), key: draw(), value: draw() }, NUM_HEADS);
  const planted = new PromptTuning({ dModel: D_MODEL, random });
  planted.prompt = waves(planted.promptLength, D_MODEL, PLANTED_AMPLITUDE, random);
  const batches = Array.from({ length: BATCHES }, (_, batch) => {
    const embeddings = scale(hiddenStates(sequencesOf(batch), SEQUENCE, D_MODEL, random), EMBEDDING_DEVIATION);
    return { embeddings, target: layer.forward(planted.forward(embeddings), SEQUENCE).output };
  });
  const { embeddings: shown } = batches[0]!;
  const adam = new Adam({ learningRate: LEARNING_RATE });
  const training = await recordTraining<PromptSnapshot>(
    {
      optimiser: `Adam, learning rate ${LEARNING_RATE}`,
      pass(step) {
        const { embeddings, target } = batches[step % BATCHES]!;
        const { output, backward } = layer.forward(tuning.forward(embeddings), SEQUENCE);
        const { value, gradOutput } = meanSquaredError(output, target);
        tuning.backward(backward(gradOutput));
        return value;
      },
      snapshot(step) {
        const sequence = tuning.forward(shown);
        const [, length] = sequence.shape;
        return {
          step,
          prompt: tuning.prompt.clone(),
          gradPrompt: tuning.gradPrompt!,
          sequence: Tensor.fromArray(sequence.data.subarray(0, length! * D_MODEL), [length!, D_MODEL]),
        };
      },
      update: () => adam.update(tuning.prompt, tuning.gradPrompt!),
    },
    recording,
  );
  return {
    promptLength: tuning.promptLength,
    sequenceLength: SEQUENCE,
    dModel: tuning.dModel,
    numParameters: tuning.numParameters(),
    target: 'the outputs of a frozen attention layer behind a planted prompt of waves',
    start:
      'The prompt is small and random, unlike any word. Its gradient is not zero: the tokens of the input attend to it. ' +
      'The input itself is not trained and has no gradient.',
    training,
  };
}
