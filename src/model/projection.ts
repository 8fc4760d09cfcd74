/**
 * A linear layer of the model, and what a method makes of it: the methods wrap one projection in another.
 *
 * A projection remembers its last input, so forward and backward alternate. Its parameters may be frozen.
 */

import { multiplyInto } from '../tensor/product';
import { addRowSums, addToRows } from '../tensor/layers/rows';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { Parameter } from './parameter';
import { anyTrains } from './parameter';

export interface Projection {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether any of its parameters gets a gradient. */
  readonly trains: boolean;
  /** @param x (rows, inFeatures). It must stay as it is until the backward pass. @returns (rows, outFeatures). */
  forward(x: Tensor): Tensor;
  /**
   * Adds to the gradients of the parameters, and to `gradX`.
   * @param gradY the gradient with respect to the last output, (rows, outFeatures). It is not modified.
   * @param gradX (rows, inFeatures), or `null` if nothing before this layer trains.
   */
  backward(gradY: Tensor, gradX: Tensor | null): void;
}

/** y = x·Wᵀ + bias */
export class Linear implements Projection {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly trains: boolean;
  private x: Tensor | null = null;

  constructor(
    /** (outFeatures, inFeatures). */
    readonly weight: Parameter,
    /** (outFeatures). */
    readonly bias: Parameter | null,
    private readonly workspace: Workspace,
  ) {
    this.outFeatures = weight.value.shape[0]!;
    this.inFeatures = weight.value.shape[1]!;
    this.trains = anyTrains(weight, bias);
  }

  forward(x: Tensor): Tensor {
    this.x = x;
    const y = this.workspace.take(x.shape[0]!, this.outFeatures);
    multiplyInto('NT', x, this.weight.value, y);
    if (this.bias) addToRows(y, this.bias.value);
    return y;
  }

  backward(gradY: Tensor, gradX: Tensor | null): void {
    if (this.weight.grad) multiplyInto('TN', gradY, this.x!, this.weight.grad, true);
    if (this.bias?.grad) addRowSums(this.bias.grad, gradY);
    if (gradX) multiplyInto('NN', gradY, this.weight.value, gradX, true);
  }
}
