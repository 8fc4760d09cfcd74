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
import { ArgumentError, checkFinite } from '../tensor/errors';
import { matmulNT } from '../tensor/matmul';
import { checkShape, flattenTokens } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import type { LoRALayer } from './lora';
import { meanSquaredError } from './loss';

/** Approximate snapshots per run: enough for a smooth slider, few enough to keep and to send. */
const SNAPSHOTS = 60;
/** Steps between two yields to the event loop: about 20 ms at demo size, so that cancelling feels immediate. */
const STEPS_PER_TURN = 2;
/** Limits the record of losses to 8 MB. A run of this length would take an hour. */
const MAX_STEPS = 1_000_000;

/** The trainable matrices after `step` updates, and their gradients at that point. */
export interface LoraSnapshot {
  readonly step: number;
  /** (rank, inFeatures) and (outFeatures, rank). Both are copies. */
  readonly A: Tensor;
  readonly B: Tensor;
  readonly gradA: Tensor;
  readonly gradB: Tensor;
}

export interface LoraTrainingRecord {
  /** Ascending by step and never empty. The first is step 0, before any update; the last is the trained layer. */
  readonly snapshots: readonly LoraSnapshot[];
  /** (steps + 1). losses[i] is the loss after i updates. */
  readonly losses: Float64Array;
  /** The optimiser and its settings as shown to the user: 'Adam, learning rate 0.01'. */
  readonly optimiser: string;
}

export interface LoraTrainingOptions {
  /** The layer is trained in place. */
  readonly layer: LoRALayer;
  /** The frozen W, (outFeatures, inFeatures). */
  readonly weight: Tensor;
  /** ΔW*, (outFeatures, inFeatures): the targets are x·(W + ΔW*)ᵀ. */
  readonly targetDelta: Tensor;
  /** Returns the inputs for a step, (tokens, inFeatures) or (batch, tokens, inFeatures). */
  readonly batch: (step: number) => Tensor;
  /** The number of updates. Default 300. With 0 the layer is only evaluated. */
  readonly steps?: number;
  /** Default 0.01. */
  readonly learningRate?: number;
  /** LoRA+: the learning rate of B is this multiple of the learning rate of A. Default 1; the paper suggests 16. */
  readonly loraPlusRatio?: number;
  /** Receives the number of updates made so far and the loss at that point. */
  readonly onStep?: ((step: number, loss: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
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
  steps = 300,
  learningRate = 0.01,
  loraPlusRatio = 1,
  onStep,
  signal,
}: LoraTrainingOptions): Promise<LoraTrainingRecord> {
  const recorded = new Set(recordedSteps(steps));
  checkFinite('trainLora: learningRate', learningRate);
  checkFinite('trainLora: loraPlusRatio', loraPlusRatio);
  checkShape('trainLora: weight', weight, [layer.outFeatures, layer.inFeatures]);
  checkShape('trainLora: targetDelta', targetDelta, [layer.outFeatures, layer.inFeatures]);
  const targetWeight = addScaled(weight.clone(), targetDelta);
  const [adamA, adamB] = [new Adam({ learningRate }), new Adam({ learningRate: learningRate * loraPlusRatio })];
  const snapshots: LoraSnapshot[] = [];
  const losses = new Float64Array(steps + 1);

  for (let step = 0; step <= steps; step++) {
    if (step % STEPS_PER_TURN === 0) await nextTurn();
    signal?.throwIfAborted();
    const x = batch(step);
    const target = matmulNT(flattenTokens('trainLora: batch', x, layer.inFeatures), targetWeight);
    const output = layer.forward(x, weight);
    const { value, gradOutput } = meanSquaredError(output, target.reshape(output.shape));
    layer.backward(gradOutput);
    const { A, B } = layer;
    const [gradA, gradB] = [layer.gradA!, layer.gradB!]; // set by backward above
    losses[step] = value;
    if (recorded.has(step)) snapshots.push({ step, A: A.clone(), B: B.clone(), gradA, gradB });
    if (step < steps) {
      adamA.update(A, gradA);
      adamB.update(B, gradB);
    }
    onStep?.(step, value);
  }
  const plus = loraPlusRatio === 1 ? '' : `, LoRA+ ratio ${loraPlusRatio}`;
  return { snapshots, losses, optimiser: `Adam, learning rate ${learningRate}${plus}` };
}

/**
 * The steps to record, from 0 to the last. Every early step is kept, when the matrices change most, and fewer later on.
 * @throws ArgumentError if steps is not an integer from 0 to 1,000,000.
 */
export function recordedSteps(steps: number): readonly number[] {
  if (!Number.isSafeInteger(steps) || steps < 0 || steps > MAX_STEPS) {
    throw new ArgumentError('training steps', `an integer from 0 to ${MAX_STEPS}`, String(steps));
  }
  const recorded: number[] = [];
  for (let i = 0; i <= SNAPSHOTS; i++) {
    const step = Math.min(steps, Math.max(i, Math.round(steps * (i / SNAPSHOTS) ** 2)));
    if (step !== recorded[recorded.length - 1]) recorded.push(step);
  }
  return recorded;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
