/**
 * The gated linear unit of Shazeer 2020 ("GLU Variants Improve Transformer", arXiv:2002.05202), element by element:
 *
 *     out = activation(gate) ⊙ up
 *     dgate = dout ⊙ up ⊙ activation'(gate)        dup = dout ⊙ activation(gate)
 */

import { engineSiluGate, engineSiluGateBackward } from '../engine/layers';
import type { Tensor } from '../tensor';

/** A function of one number and its derivative. */
export interface ScalarFunction {
  readonly value: (x: number) => number;
  readonly derivative: (x: number) => number;
  /** The name of the function if the engine has a kernel for it. */
  readonly kernel?: 'silu';
}

/** The three tensors have as many elements each. */
export function gatedUnit({ value, kernel }: ScalarFunction, gate: Tensor, up: Tensor, out: Tensor): void {
  if (kernel === 'silu' && engineSiluGate([gate, up, out])) return;
  for (let i = 0; i < out.size; i++) out.data[i] = value(gate.data[i]!) * up.data[i]!;
}

interface GatedUnitGradients {
  /** The gradient with respect to `out`. */
  readonly gradOut: Tensor;
  /** Overwritten with the gradients. */
  readonly gradGate: Tensor;
  readonly gradUp: Tensor;
}

export function gatedUnitBackward(
  { value, derivative, kernel }: ScalarFunction,
  gate: Tensor,
  up: Tensor,
  { gradOut, gradGate, gradUp }: GatedUnitGradients,
): void {
  if (kernel === 'silu' && engineSiluGateBackward([gate, up, gradOut, gradGate, gradUp])) return;
  for (let i = 0; i < gradOut.size; i++) {
    const x = gate.data[i]!;
    const grad = gradOut.data[i]!;
    gradGate.data[i] = grad * up.data[i]! * derivative(x);
    gradUp.data[i] = grad * value(x);
  }
}
