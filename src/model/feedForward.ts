/** The gated feed-forward layer: y = down(activation(gate(x)) ⊙ up(x)). It remembers its last input. */

import { gatedUnit, gatedUnitBackward } from '../tensor/layers/gatedUnit';
import type { ScalarFunction } from '../tensor/layers/gatedUnit';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { Projection } from './projection';

export class FeedForward {
  readonly trains: boolean;
  private cache: { readonly gate: Tensor; readonly up: Tensor } | null = null;

  constructor(
    private readonly parts: { readonly gate: Projection; readonly up: Projection; readonly down: Projection },
    private readonly activation: ScalarFunction,
    private readonly workspace: Workspace,
  ) {
    this.trains = parts.gate.trains || parts.up.trains || parts.down.trains;
  }

  /** @param x (rows, hidden). @returns the shape of x. */
  forward(x: Tensor): Tensor {
    const gate = this.parts.gate.forward(x);
    const up = this.parts.up.forward(x);
    this.cache = { gate, up };
    const product = this.workspace.take(...up.shape);
    gatedUnit(this.activation, gate, up, product);
    return this.parts.down.forward(product);
  }

  /** Adds to the gradients of the projections, and to `gradX` unless it is `null`. */
  backward(gradY: Tensor, gradX: Tensor | null): void {
    const { gate, up } = this.cache!;
    const gradOut = this.workspace.zeros(...up.shape);
    this.parts.down.backward(gradY, gradOut);
    if (!gradX && !this.parts.gate.trains && !this.parts.up.trains) return;
    const gradGate = this.workspace.take(...up.shape);
    const gradUp = this.workspace.take(...up.shape);
    gatedUnitBackward(this.activation, gate, up, { gradOut, gradGate, gradUp });
    this.parts.gate.backward(gradGate, gradX);
    this.parts.up.backward(gradUp, gradX);
  }
}
