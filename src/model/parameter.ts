/** A tensor of a model or an adapter, and its gradient if it trains. */

import { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';

export class Parameter {
  /** The sum of the gradients since `zeroGradient`, in the shape of `value`. `null` if the parameter is frozen. */
  readonly grad: Tensor | null;

  private constructor(
    /** The name under which the tensor is saved. */
    readonly name: string,
    readonly value: Tensor,
    trains: boolean,
    workspace: Workspace,
  ) {
    this.grad = trains ? workspace.keep(value.shape) : null;
  }

  /** Copies the tensor into the workspace. */
  static copy(name: string, tensor: Tensor, trains: boolean, workspace: Workspace): Parameter {
    return new Parameter(name, workspace.keep(tensor.shape, tensor.data), trains, workspace);
  }

  zeroGradient(): void {
    this.grad?.data.fill(0);
  }
}

/** Whether any of the parameters trains. Those that do not exist are `null`. */
export function anyTrains(...parameters: readonly (Parameter | null | undefined)[]): boolean {
  return parameters.some((parameter) => parameter?.grad);
}

/** A copy outside the workspace, which outlives it. */
export function detached(tensor: Tensor): Tensor {
  return new Tensor(new Float32Array(tensor.data), tensor.shape);
}
