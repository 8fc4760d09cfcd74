/**
 * The Adam optimiser (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980):
 *
 *     m ← β1·m + (1 - β1)·g        v ← β2·v + (1 - β2)·g²
 *     θ ← θ - learningRate · m̂ / (√v̂ + ε)        m̂ = m / (1 - β1ᵗ),  v̂ = v / (1 - β2ᵗ)
 *
 * A weight decay makes it AdamW (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization",
 * arXiv:1711.05101), which shrinks θ by learningRate·weightDecay·θ before each step, apart from the gradient.
 *
 * The moments are kept in double precision.
 *
 * The learning rate of a step can be given to it, so that a schedule can change it.
 *
 * Left out: AMSGrad.
 */

import { ArgumentError, checkFinite } from '../tensor/errors';
import { checkShape } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay rates of the first and second moment, each in [0, 1). Defaults 0.9 and 0.999. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

interface Moments {
  readonly first: Float64Array;
  readonly second: Float64Array;
  steps: number;
}

export class Adam {
  readonly learningRate: number;
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;
  private readonly weightDecay: number;
  private readonly moments = new WeakMap<Tensor, Moments>();

  /** @throws ArgumentError if a setting is not finite or a decay rate is outside [0, 1). */
  constructor({ learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {}) {
    checkFinite('Adam: learningRate', learningRate);
    checkFinite('Adam: epsilon', epsilon);
    checkFinite('Adam: weightDecay', weightDecay);
    for (const [name, beta] of Object.entries({ beta1, beta2 })) {
      if (!(beta >= 0 && beta < 1)) throw new ArgumentError(`Adam: ${name}`, 'a number in [0, 1)', String(beta));
    }
    this.learningRate = learningRate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
  }

  /**
   * Updates one parameter in place. The moments belong to the tensor object.
   * @param learningRate the learning rate of this step.
   * @throws ShapeError
   */
  update(parameter: Tensor, gradient: Tensor, learningRate: number = this.learningRate): void {
    checkShape('Adam.update: gradient', gradient, parameter.shape);
    const { beta1, beta2, epsilon } = this;
    const moments = this.momentsOf(parameter);
    moments.steps++;
    const firstBias = 1 - beta1 ** moments.steps;
    const secondBias = 1 - beta2 ** moments.steps;
    const kept = 1 - learningRate * this.weightDecay;
    for (let i = 0; i < parameter.size; i++) {
      const g = gradient.data[i]!;
      const first = beta1 * moments.first[i]! + (1 - beta1) * g;
      const second = beta2 * moments.second[i]! + (1 - beta2) * g * g;
      moments.first[i] = first;
      moments.second[i] = second;
      const change = (learningRate * (first / firstBias)) / (Math.sqrt(second / secondBias) + epsilon);
      parameter.data[i] = parameter.data[i]! * kept - change;
    }
  }

  private momentsOf(parameter: Tensor): Moments {
    const known = this.moments.get(parameter);
    if (known) return known;
    const size = parameter.size;
    const fresh = { first: new Float64Array(size), second: new Float64Array(size), steps: 0 };
    this.moments.set(parameter, fresh);
    return fresh;
  }
}
