/**
 * A training loop that records what it does: the loss at every step, and the tensors at some. The methods fill in what
 * a pass, an update and a snapshot are.
 */

import { ArgumentError } from '../tensor/errors';

/** Approximate snapshots per run: enough for a smooth slider, few enough to keep and to send. */
const SNAPSHOTS = 60;
/** Steps between two yields to the event loop: about 20 ms at demo size, so that cancelling feels immediate. */
const STEPS_PER_TURN = 2;
/** Limits the record of losses to 8 MB. A run of this length would take an hour. */
const MAX_STEPS = 1_000_000;

export interface TrainingRecord<Snapshot> {
  /** Ascending by step and never empty. The first is step 0, before any update; the last is the trained method. */
  readonly snapshots: readonly Snapshot[];
  /** (steps + 1). losses[i] is the loss after i updates. */
  readonly losses: Float64Array;
  /** The optimiser and its settings as shown to the user: 'Adam, learning rate 0.01'. */
  readonly optimiser: string;
}

/** What the caller of a training may ask for. */
export interface RecordingOptions {
  /** The number of updates. Default 300. With 0 the method is only evaluated. */
  readonly steps?: number;
  /** Receives the number of updates made so far and the loss at that point. */
  readonly onStep?: ((step: number, loss: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Trained<Snapshot> {
  readonly optimiser: string;
  /** Forward and backward on the step's batch. @returns the loss. */
  pass(step: number): number;
  /** Copies of the tensors and the gradients after `pass`. */
  snapshot(step: number): Snapshot;
  /** Changes the parameters by the gradients of the last pass. */
  update(): void;
}

/**
 * It yields to the event loop between steps.
 * @throws ArgumentError, or the signal's reason when it aborts. The method then keeps the updates made so far.
 */
export async function recordTraining<Snapshot>(
  method: Trained<Snapshot>,
  { steps = 300, onStep, signal }: RecordingOptions,
): Promise<TrainingRecord<Snapshot>> {
  const recorded = new Set(recordedSteps(steps));
  const snapshots: Snapshot[] = [];
  const losses = new Float64Array(steps + 1);
  for (let step = 0; step <= steps; step++) {
    if (step % STEPS_PER_TURN === 0) await nextTurn();
    signal?.throwIfAborted();
    losses[step] = method.pass(step);
    if (recorded.has(step)) snapshots.push(method.snapshot(step));
    if (step < steps) method.update();
    onStep?.(step, losses[step]!);
  }
  return { snapshots, losses, optimiser: method.optimiser };
}

/**
 * The steps to record, from 0 to the last. Every early step is kept, when the tensors change most, and fewer later on.
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
