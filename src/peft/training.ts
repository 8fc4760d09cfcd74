/**
 * Training of one LoRA layer, in the plainest form there is: a batch, forward, a loss, backward, a step of Adam on A
 * and B. The frozen weight W stands for a pretrained layer and W + ΔW* for the layer that fine-tuning should arrive at, so
 * that scaling·B·A can be watched as it becomes ΔW*.
 *
 * B is zero at first. So is therefore the gradient of A: the first step moves only B, and from the second on both move.
 *
 * Left out: gradient accumulation, clipping, schedules, evaluation on other data.
 */

import { addScaled } from '../tensor/elementwise';
import { ArgumentError, checkFinite } from '../tensor/errors';
import { matmulNT } from '../tensor/matmul';
import { checkShape, flattenTokens } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';
import { Adam } from './adam';
import type { LoRALayer } from './lora';
import { meanSquaredError } from './loss';

/** Snapshots of a run, about: enough that a slider moves smoothly, few enough to keep and to send. */
const SNAPSHOTS = 60;
/** Steps between two returns to the event loop: some 20 ms of work at demo size, so that cancelling feels immediate. */
const STEPS_PER_TURN = 2;
/** Bounds the record of losses to 8 MB; a run that long would take an hour. */
const MAX_STEPS = 1_000_000;

/** The trainable matrices after `step` updates, and their gradients there. */
export interface LoraSnapshot {
  readonly step: number;
  /** (rank, inFeatures) and (outFeatures, rank): copies. */
  readonly A: Tensor;
  readonly B: Tensor;
  readonly gradA: Tensor;
  readonly gradB: Tensor;
}

export interface LoraTrainingRecord {
  /** Ascending by step, never empty: the first is step 0, before any update; the last is the trained layer. */
  readonly snapshots: readonly LoraSnapshot[];
  /** (steps + 1): losses[i] is the loss after i updates. */
  readonly losses: Float64Array;
  /** The optimiser and its settings, for people: 'Adam, learning rate 0.01'. */
  readonly optimiser: string;
}

export interface LoraTrainingOptions {
  /** Trained in place. */
  readonly layer: LoRALayer;
  /** The frozen W, (outFeatures, inFeatures). */
  readonly weight: Tensor;
  /** ΔW*, (outFeatures, inFeatures): the targets are x·(W + ΔW*)ᵀ. */
  readonly targetDelta: Tensor;
  /** The inputs of a step, (tokens, inFeatures) or (batch, tokens, inFeatures). */
  readonly batch: (step: number) => Tensor;
  /** Updates. Default 300; with 0 the layer is only looked at. */
  readonly steps?: number;
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Called with the number of updates made, and the loss there. */
  readonly onStep?: ((step: number, loss: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains, and records the loss at every step and the matrices at some. It returns to the event loop between steps.
 * @throws ArgumentError, ShapeError, and the signal's reason when it aborts; the layer then stays as far as it got.
 */
export async function trainLora({
  layer,
  weight,
  targetDelta,
  batch,
  steps = 300,
  learningRate = 0.01,
  onStep,
  signal,
}: LoraTrainingOptions): Promise<LoraTrainingRecord> {
  const recorded = new Set(recordedSteps(steps));
  checkFinite('trainLora: learningRate', learningRate);
  checkShape('trainLora: weight', weight, [layer.outFeatures, layer.inFeatures]);
  checkShape('trainLora: targetDelta', targetDelta, [layer.outFeatures, layer.inFeatures]);
  const targetWeight = addScaled(weight.clone(), targetDelta);
  const adam = new Adam({ learningRate });
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
    const [gradA, gradB] = [layer.gradA!, layer.gradB!]; // backward has just made both
    losses[step] = value;
    if (recorded.has(step)) snapshots.push({ step, A: A.clone(), B: B.clone(), gradA, gradB });
    if (step < steps) {
      adam.update(A, gradA);
      adam.update(B, gradB);
    }
    onStep?.(step, value);
  }
  return { snapshots, losses, optimiser: `Adam, learning rate ${learningRate}` };
}

/**
 * The steps worth keeping of a run: every one at first, when the picture changes most, then ever fewer, from 0 to the
 * last. @throws ArgumentError unless steps is an integer from 0 to 1,000,000.
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
