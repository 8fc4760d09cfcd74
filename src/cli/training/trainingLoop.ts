/** Trains an adapter on batches drawn from the data, epoch after epoch, each in an order of its own. */

import type { TokensAndLabels } from '../../model/evaluateModel';
import { openModel } from '../../model/openModel';
import type { ModelOptions } from '../../model/openModel';
import { ModelTrainer } from '../../model/trainModel';
import type { OptimiserOptions } from '../../model/trainModel';
import type { Random } from '../../tensor/random';
import type { Tensor } from '../../tensor/tensor';

interface LoopOptions extends ModelOptions, OptimiserOptions {
  readonly data: TokensAndLabels;
  readonly steps: number;
  readonly batchSize: number;
  /** The source of dropout and of the order of the data. */
  readonly random: Random;
  /** Receives the number of updates made so far and the loss before the last of them. */
  readonly onStep: (done: number, loss: number) => Promise<void>;
  readonly signal: AbortSignal;
}

interface LoopResult {
  readonly losses: readonly number[];
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The mean loss of all targets of the data after training, without dropout. */
  readonly loss: number;
}

/** Rejects with the signal's reason when it aborts, and with the errors of `openModel`. */
export async function trainOnData(options: LoopOptions): Promise<LoopResult> {
  const { data, steps, batchSize, random, onStep, signal } = options;
  const trainer = new ModelTrainer(openModel(options, random), options);
  const losses: number[] = [];
  try {
    const order = shuffledIndices(data.tokens.length, random);
    for (let step = 0; step < steps; step++) {
      await turn(signal);
      const lines = Array.from({ length: Math.min(batchSize, data.tokens.length) }, () => order.next().value);
      losses.push(trainer.step(trainer.batch(pick(data, lines))));
      await onStep(step + 1, losses[step]!);
    }
    const tensors = trainer.tensors();
    trainer.dispose();
    return { losses, tensors, loss: await meanLoss({ ...options, adapterTensors: tensors }) };
  } finally {
    trainer.dispose();
  }
}

async function meanLoss(options: LoopOptions): Promise<number> {
  const { data, batchSize, signal } = options;
  const trainer = new ModelTrainer(openModel(options, null));
  let [sum, targets] = [0, 0];
  try {
    for (let first = 0; first < data.tokens.length; first += batchSize) {
      await turn(signal);
      const length = Math.min(batchSize, data.tokens.length - first);
      const batch = trainer.batch(
        pick(
          data,
          Array.from({ length }, (_, i) => first + i),
        ),
      );
      sum += trainer.model.computeGradients(batch) * batch.targetRows.length;
      targets += batch.targetRows.length;
    }
    return sum / targets;
  } finally {
    trainer.dispose();
  }
}

function pick({ tokens, labels }: TokensAndLabels, lines: readonly number[]): TokensAndLabels {
  return { tokens: lines.map((line) => tokens[line]!), labels: lines.map((line) => labels[line]!) };
}

/** All indices in a random order, again and again (Fisher and Yates). */
function* shuffledIndices(count: number, random: Random): Generator<number, never> {
  const indices = Array.from({ length: count }, (_, i) => i);
  for (;;) {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [indices[i], indices[j]] = [indices[j]!, indices[i]!];
    }
    yield* indices;
  }
}

/** Lets signals of the system arrive. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise((resume) => setImmediate(resume));
  signal.throwIfAborted();
}
