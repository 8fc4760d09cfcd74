/**
 * One run of the lab: a method learns a task, step by step, as fast as its owner asks for steps. Whoever drives it may
 * pause by not calling `step`, and look at everything in between. The same settings give the same run to the last bit.
 */

import type { NamedTensors } from '../model/buildModel';
import { cosineSchedule } from '../model/learningRateSchedule';
import { ModelTrainer } from '../model/trainModel';
import { detached } from '../model/parameter';
import { ArgumentError, checkPositiveInteger } from '../tensor/errors';
import type { Random } from '../tensor/random';
import { seededRandom } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import { drawBaseLine } from './baseFamilies';
import { choose } from './draw';
import { answerTo, exactMatch, meanLoss } from './exactMatch';
import { oldTests, testLines, trainingPool } from './labData';
import type { LabLine } from './line';
import { drawTrained, trainingData } from './line';
import type { MethodPlan, MethodSizes } from './methods';
import { planMethod } from './methods';
import type { BasePrecision } from './quantisedBase';
import { quantisedBase } from './quantisedBase';
import type { SavedLabAdapter, StartedMethod } from './startMethod';
import { savedAdapters, startMethod } from './startMethod';
import type { LabTask } from './tasks';
import { labTask } from './tasks';
import { decode, encode } from './vocabulary';

export interface LabRunOptions {
  /** The weights of the base, in float32. */
  readonly base: NamedTensors;
  readonly task: string;
  readonly method: string;
  /** Trained parameters, from which rank, length or bottleneck follow. */
  readonly budget?: number;
  /** Sizes set by hand. */
  readonly sizes?: MethodSizes;
  readonly alpha?: number;
  /** Default: the method's own for the kind of the task. */
  readonly learningRate?: number;
  /** The source of the start and of the order of the lines. Default 0. */
  readonly seed?: number;
  /** Updates of the whole run, over which the learning rate falls. Default 400. */
  readonly steps?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Different lines of the task to train on. Default 20,000. */
  readonly poolSize?: number;
  /** The share of each batch that is lines of the base's own training, from 0 to 1. Default 0. */
  readonly replay?: number;
  /** Default: the method's own, which is float32 except for QLoRA. */
  readonly precision?: BasePrecision;
  /** Words whose embeddings a prompt starts from. */
  readonly promptText?: string;
}

/** What the model can do after a number of updates. Shares are from 0 to 1. */
export interface LabEvaluation {
  readonly step: number;
  readonly task: number;
  /** The mean over the families of the base, and each family. `null` if it was not asked for. */
  readonly old: { readonly mean: number; readonly families: Readonly<Record<string, number>> } | null;
}

const USUAL_STEPS = 400;
const USUAL_BATCH_SIZE = 32;
const WARMUP = 0.05;
const MAX_GRADIENT_NORM = 1;

export class LabRun {
  readonly task: LabTask;
  readonly plan: MethodPlan;
  readonly learningRate: number;
  readonly steps: number;
  /** losses[i] is the loss of the batch of step i, before its update. */
  readonly losses: number[] = [];
  readonly evaluations: LabEvaluation[] = [];
  private readonly batchSize: number;
  private readonly replay: number;
  private readonly random: Random;
  private readonly pool: readonly LabLine[];
  private readonly tests: readonly LabLine[];
  private readonly started: StartedMethod;
  private readonly trainer: ModelTrainer;

  /** @throws ArgumentError for a setting outside its domain. */
  constructor(options: LabRunOptions) {
    const { steps = USUAL_STEPS, batchSize = USUAL_BATCH_SIZE, replay = 0 } = options;
    checkPositiveInteger('LabRun: steps', steps);
    checkPositiveInteger('LabRun: batchSize', batchSize);
    if (!(replay >= 0 && replay <= 1))
      throw new ArgumentError('LabRun: replay', 'a number from 0 to 1', String(replay));
    this.task = labTask(options.task);
    this.plan = planMethod(options.method, options);
    this.learningRate = options.learningRate ?? this.plan.method.learningRate[this.task.kind];
    this.steps = steps;
    this.batchSize = batchSize;
    this.replay = replay;
    this.random = seededRandom(options.seed ?? 0);
    this.pool = trainingPool(this.task.draw, options.poolSize);
    this.tests = testLines(this.task.draw);
    const precision = options.precision ?? this.plan.method.precision ?? 'float32';
    this.started = startMethod({
      plan: this.plan,
      base: quantisedBase(options.base, precision),
      promptTokens: options.promptText === undefined ? undefined : encode(options.promptText),
      random: this.random,
    });
    const { opened, generator } = this.started;
    const schedule = cosineSchedule({ steps, warmup: WARMUP });
    const optimiser = { learningRate: this.learningRate, maxGradientNorm: MAX_GRADIENT_NORM, schedule };
    this.trainer = new ModelTrainer(opened, optimiser, generator);
  }

  /** Updates made so far. */
  get step(): number {
    return this.losses.length;
  }

  get isDone(): boolean {
    return this.step >= this.steps;
  }

  /** Whether the last loss is not finite, so that further steps are useless. */
  get hasDiverged(): boolean {
    const last = this.losses.at(-1);
    return last !== undefined && !Number.isFinite(last);
  }

  /** Makes up to `count` updates, fewer at the end of the run or if it diverges. @returns the last loss. */
  advance(count = 1): number {
    for (let i = 0; i < count && !this.isDone && !this.hasDiverged; i++) {
      const batch = this.trainer.batch(trainingData(this.nextLines()));
      this.losses.push(this.trainer.step(batch));
    }
    return this.losses.at(-1) ?? NaN;
  }

  /** Exact match on the task's tests and, if asked for, on what the base could do. The result is recorded. */
  evaluate(withOld = false): LabEvaluation {
    const task = exactMatch(this.trainer, this.tests);
    const evaluation = { step: this.step, task, old: withOld ? this.oldAccuracy() : null };
    this.evaluations.push(evaluation);
    return evaluation;
  }

  /**
   * What the model answers to a line such as 'sort c a b'.
   * @throws ArgumentError for a word that is not in the vocabulary.
   */
  answer(text: string): string {
    const [instruction, ...input] = encode(text);
    if (instruction === undefined) throw new ArgumentError('LabRun.answer', 'an instruction and its input', 'nothing');
    return decode(answerTo(this.trainer, { instruction, input }));
  }

  /** Copies of the tensors that train: the adapter's, or the whole model's. */
  tensors(): Record<string, Tensor> {
    return this.trainer.tensors();
  }

  /** Copies of the gradients of the last step, clipped, by the names of `tensors`. */
  gradients(): Record<string, Tensor> {
    return Object.fromEntries(this.trainer.model.trained.map(({ name, grad }) => [name, detached(grad!)]));
  }

  /** The adapters as they are saved; none for full fine-tuning. */
  saved(): readonly SavedLabAdapter[] {
    return savedAdapters(this.started, this.trainer.tensors());
  }

  /** Mean loss of the task's tests, which a saved adapter must reproduce. */
  testLoss(): number {
    return meanLoss(this.trainer, this.tests);
  }

  /** Frees the memory of the model. */
  dispose(): void {
    this.trainer.dispose();
  }

  private nextLines(): LabLine[] {
    const replayed = Math.round(this.batchSize * this.replay);
    return Array.from({ length: this.batchSize }, (_, i) =>
      i < replayed ? drawTrained(drawBaseLine, this.random) : choose(this.pool, this.random),
    );
  }

  private oldAccuracy(): LabEvaluation['old'] {
    const families = Object.fromEntries(
      oldTests().map(({ family, lines }) => [family, exactMatch(this.trainer, lines)]),
    );
    const shares = Object.values(families);
    return { mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, families };
  }
}
