/**
 * Training of one LoRA layer in its simplest form: a batch, a forward pass, the loss, a backward pass, and an Adam step
 * on A and B. The targets come from a fine-tuned layer whose weight W + ΔW* is known, so that scaling·B·A can be
 * watched as it approaches ΔW*:
 *
 *     loss = mean((x·(W + scaling·B·A)ᵀ - x·(W + ΔW*)ᵀ)²)
 *
 * B starts at zero, so the first gradient of A is zero too: the first step moves only B, and later steps move both.
 * LoRA+ (Hayou et al. 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models", arXiv:2402.12354) lets B learn
 * faster than A.
 *
 * Left out: gradient accumulation, clipping, learning-rate schedules, and evaluation on other data.
 */

import { addScaled } from '../tensor/elementwise';
import { checkFinite } from '../tensor/errors';
import { matmulNT } from '../tensor/matmul';
import { checkShape, flattenTokens } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import type { LoRALayer } from './lora';
import { meanSquaredError } from './loss';
import { recordTraining } from './trainingRecord';
import type { RecordingOptions, TrainingRecord } from './trainingRecord';

/** The trainable matrices after `step` updates, and their gradients at that point. */
export interface LoraSnapshot {
  readonly step: number;
  /** (rank, inFeatures) and (outFeatures, rank). Both are copies. */
  readonly A: Tensor;
  readonly B: Tensor;
  readonly gradA: Tensor;
  readonly gradB: Tensor;
}

export type LoraTrainingRecord = TrainingRecord<LoraSnapshot>;

export interface LoraTrainingOptions extends RecordingOptions {
  /** The layer is trained in place. */
  readonly layer: LoRALayer;
  /** The frozen W, (outFeatures, inFeatures). */
  readonly weight: Tensor;
  /** ΔW*, (outFeatures, inFeatures): the targets are x·(W + ΔW*)ᵀ. */
  readonly targetDelta: Tensor;
  /** Returns the inputs for a step, (tokens, inFeatures) or (batch, tokens, inFeatures). */
  readonly batch: (step: number) => Tensor;
  /** Default 0.01. */
  readonly learningRate?: number;
  /** LoRA+: the learning rate of B is this multiple of the learning rate of A. Default 1; the paper suggests 16. */
  readonly loraPlusRatio?: number;
}

/**
 * Trains the layer and records the loss at every step and the matrices at some. It yields to the event loop between
 * steps.
 * @throws ArgumentError, ShapeError, or the signal's reason when it aborts. The layer then keeps the updates made so
 * far.
 */
export async function trainLora({
  layer,
  weight,
  targetDelta,
  batch,
  learningRate = 0.01,
  loraPlusRatio = 1,
  ...recording
}: LoraTrainingOptions): Promise<LoraTrainingRecord> {
  checkFinite('trainLora: learningRate', learningRate);
  checkFinite('trainLora: loraPlusRatio', loraPlusRatio);
  checkShape('trainLora: weight', weight, [layer.outFeatures, layer.inFeatures]);
  checkShape('trainLora: targetDelta', targetDelta, [layer.outFeatures, layer.inFeatures]);
  const targetWeight = addScaled(weight.clone(), targetDelta);
  const [adamA, adamB] = [new Adam({ learningRate }), new Adam({ learningRate: learningRate * loraPlusRatio })];
  const plus = loraPlusRatio === 1 ? '' : `, LoRA+ ratio ${loraPlusRatio}`;
  return recordTraining<LoraSnapshot>(
    {
      optimiser: `Adam, learning rate ${learningRate}${plus}`,
      pass(step) {
        const x = batch(step);
        const target = matmulNT(flattenTokens('trainLora: batch', x, layer.inFeatures), targetWeight);
        const output = layer.forward(x, weight);
        const { value, gradOutput } = meanSquaredError(output, target.reshape(output.shape));
        layer.backward(gradOutput);
        return value;
      },
      // `pass` sets the gradients anew, so that they need no copies.
      snapshot: (step) => ({
        step,
        A: layer.A.clone(),
        B: layer.B.clone(),
        gradA: layer.gradA!,
        gradB: layer.gradB!,
      }),
      update() {
        adamA.update(layer.A, layer.gradA!);
        adamB.update(layer.B, layer.gradB!);
      },
    },
    recording,
  );
}
