/** RMSNorm of the model's width, or of each head (../tensor/layers/rmsNorm.ts). It remembers its last input. */

import { rmsNorm, rmsNormBackward } from '../tensor/layers/rmsNorm';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { Parameter } from './parameter';

export class Norm {
  readonly trains: boolean;
  private x: Tensor | null = null;
  private inverse: Tensor | null = null;

  constructor(
    /** (features). */
    readonly weight: Parameter,
    private readonly epsilon: number,
    private readonly workspace: Workspace,
  ) {
    this.trains = weight.grad !== null;
  }

  /** @param x (rows, n·features): n vectors per row, each with a norm of its own. @returns the shape of x. */
  forward(x: Tensor): Tensor {
    const out = this.workspace.take(...x.shape);
    this.x = x;
    this.inverse = this.workspace.take(x.size / this.weight.value.size);
    rmsNorm(x, this.weight.value, this.epsilon, out, this.inverse);
    return out;
  }

  /** Adds the gradient with respect to the input to `gradX`, and the weight's to its own. */
  backward(gradOut: Tensor, gradX: Tensor): void {
    rmsNormBackward(this.x!, this.weight.value, this.inverse!, { gradOut, gradX, gradWeight: this.weight.grad });
  }
}
