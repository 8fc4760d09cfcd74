/**
 * Learning-rate schedules: the factor on the learning rate at each step, as PyTorch's `LambdaLR` takes it.
 *
 * The cosine schedule (Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts",
 * arXiv:1608.03983) rises in a straight line and then falls along half a cosine:
 *
 *     warm-up    (step + 1) / warmupSteps
 *     after      floor + (1 - floor)·(1 + cos(π·progress)) / 2        progress from 0 to 1
 */

import { ArgumentError, checkPositiveInteger } from '../tensor/errors';

/** The factor at a step, which counts from 0. */
export type LearningRateSchedule = (step: number) => number;

interface CosineOptions {
  /** The steps of the whole training. Later steps keep the factor of the end. */
  readonly steps: number;
  /** The part of the steps that warms up, from 0 to 1. */
  readonly warmup: number;
  /** The factor at the end, from 0 to 1. Default 0. */
  readonly floor?: number;
}

/** @throws ArgumentError */
export function cosineSchedule({ steps, warmup, floor = 0 }: CosineOptions): LearningRateSchedule {
  checkPositiveInteger('cosineSchedule: steps', steps);
  for (const [name, value] of Object.entries({ warmup, floor })) {
    if (!(value >= 0 && value <= 1))
      throw new ArgumentError(`cosineSchedule: ${name}`, 'a number from 0 to 1', `${value}`);
  }
  const warmupSteps = Math.round(steps * warmup);
  return (step) => {
    if (step < warmupSteps) return (step + 1) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
    return floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
