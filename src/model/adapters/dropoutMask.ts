/** Dropout during training (../../peft/dropout.ts), with a mask that the workspace holds. It is off in evaluation. */

import type { Random } from '../../tensor/random';
import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';

export class DropoutMask {
  private factors: Tensor | null = null;

  constructor(
    private readonly probability: number,
    private readonly random: Random,
    private readonly workspace: Workspace,
  ) {}

  /** x with some values dropped and the others divided by 1 - probability. */
  forward(x: Tensor): Tensor {
    const { probability, random, workspace } = this;
    const factors = workspace.take(...x.shape);
    const out = workspace.take(...x.shape);
    for (let i = 0; i < x.size; i++) {
      factors.data[i] = random() < probability ? 0 : 1 / (1 - probability);
      out.data[i] = x.data[i]! * factors.data[i]!;
    }
    this.factors = factors;
    return out;
  }

  /** Adds the gradient with respect to x to `gradX`. */
  backward(gradOut: Tensor, gradX: Tensor): void {
    const factors = this.factors!.data;
    for (let i = 0; i < gradX.size; i++) gradX.data[i] = gradX.data[i]! + gradOut.data[i]! * factors[i]!;
  }
}
