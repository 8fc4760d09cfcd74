/**
 * Training of a language model with AdamW: of its adapter, or of all its parameters if there is none.
 *
 * Left out: gradient accumulation.
 */

import { Adam } from '../peft/adam';
import { ArgumentError } from '../tensor/errors';
import type { Random } from '../tensor/random';
import { seededRandom } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import type { TokenBatch } from './batch';
import { createBatch } from './batch';
import { clipGradients } from './gradientClipping';
import type { LearningRateSchedule } from './learningRateSchedule';
import type { PrefixGenerator } from './prefixGenerator';
import type { TokensAndLabels } from './evaluateModel';
import type { LanguageModel } from './languageModel';
import type { ModelOptions, OpenModel } from './openModel';
import { openModel } from './openModel';
import { detached } from './parameter';

export interface OptimiserOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay rates of the first and second moment. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** The largest norm of all gradients together. By default they are not clipped. */
  readonly maxGradientNorm?: number;
  /** The factor on the learning rate at each step. By default it is 1. */
  readonly schedule?: LearningRateSchedule;
}

export interface TrainOptions extends ModelOptions, TokensAndLabels, OptimiserOptions {
  /** The number of updates, all on the same batch. */
  readonly steps: number;
  /** The source of dropout. By default it has a fixed seed. */
  readonly random?: Random;
}

export interface TrainResult {
  /** (steps). losses[i] is the loss after i updates. */
  readonly losses: number[];
  /** The trained adapter by the names of its file, or the trained model if there is no adapter. */
  readonly adapterTensors: Record<string, Tensor>;
}

/** @throws the errors of `openModel`; ArgumentError. */
export function trainModel(options: TrainOptions): TrainResult {
  const { steps, tokens, labels, random = seededRandom() } = options;
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new ArgumentError('trainModel: steps', 'an integer of at least 0', String(steps));
  const trainer = new ModelTrainer(openModel(options, random), options);
  try {
    const batch = trainer.batch({ tokens, labels });
    const losses = Array.from({ length: steps }, () => trainer.step(batch));
    return { losses, adapterTensors: trainer.tensors() };
  } finally {
    trainer.dispose();
  }
}

/** A model and its optimiser, for training loops of one's own. */
export class ModelTrainer {
  readonly model: LanguageModel;
  private readonly optimiser: Adam;
  private readonly maxGradientNorm: number;
  private readonly schedule: LearningRateSchedule;
  private updates = 0;

  /** @param generator trains in place of the prefix that it generates. */
  constructor(
    private readonly opened: OpenModel,
    options: OptimiserOptions = {},
    private readonly generator: PrefixGenerator | null = null,
  ) {
    const { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    this.model = opened.model;
    this.optimiser = new Adam({ learningRate, beta1: betas[0], beta2: betas[1], epsilon: eps, weightDecay });
    this.maxGradientNorm = options.maxGradientNorm ?? Infinity;
    this.schedule = options.schedule ?? (() => 1);
    generator?.generate();
  }

  /** Sequences may differ in length. @throws ShapeError, ArgumentError */
  batch({ tokens, labels }: TokensAndLabels): TokenBatch {
    const { promptLength, prefixLength } = this.model.parts;
    const { vocabulary } = this.model;
    return createBatch({ tokens, labels, vocabulary, promptLength, prefixLength, trimmed: true });
  }

  /** One update. @returns the loss before it. */
  step(batch: TokenBatch): number {
    const loss = this.model.computeGradients(batch);
    const trained = this.generator?.backward() ?? this.model.trained;
    if (this.maxGradientNorm < Infinity) {
      clipGradients(
        trained.map(({ grad }) => grad!),
        this.maxGradientNorm,
      );
    }
    const learningRate = this.optimiser.learningRate * this.schedule(this.updates++);
    for (const { value, grad } of trained) this.optimiser.update(value, grad!, learningRate);
    this.generator?.generate();
    return loss;
  }

  /** The parameters that train. Those of a generator have no name in the adapter's file. */
  get trainedSize(): number {
    return this.generator?.size ?? this.model.trained.reduce((sum, { value }) => sum + value.size, 0);
  }

  /** Copies of the tensors that a file of the adapter, or of the model, holds. */
  tensors(): Record<string, Tensor> {
    return Object.fromEntries(this.opened.parameters.map(({ name, value }) => [name, detached(value)]));
  }

  /** Frees the model's memory. */
  dispose(): void {
    this.model.workspace.dispose();
  }
}
