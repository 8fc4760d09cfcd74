/**
 * How the output of a sublayer joins the residual stream: a plain sum, unless a bottleneck adapter stands there
 * (adapters/bottleneck.ts).
 */

import { addInto } from '../tensor/layers/rows';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';

export interface JoinGradients {
  /** Gradients with respect to the residual stream and to the sublayer's output. They may be the same tensor. */
  readonly gradResidual: Tensor;
  readonly gradOutput: Tensor;
}

export interface Join {
  readonly trains: boolean;
  /** Both are (rows, hidden), and so is the result. */
  forward(residual: Tensor, output: Tensor): Tensor;
  backward(grad: Tensor): JoinGradients;
}

export class Sum implements Join {
  readonly trains = false;

  constructor(private readonly workspace: Workspace) {}

  forward(residual: Tensor, output: Tensor): Tensor {
    const sum = this.workspace.take(...output.shape);
    addInto(residual, output, sum);
    return sum;
  }

  backward(grad: Tensor): JoinGradients {
    return { gradResidual: grad, gradOutput: grad };
  }
}
