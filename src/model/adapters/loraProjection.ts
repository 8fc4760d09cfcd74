/**
 * LoRA on a projection (../../peft/lora.ts), with PEFT's optional bias of B:
 *
 *     y = base(x) + scaling · ((dropout(x)·Aᵀ)·Bᵀ + biasB)
 */

import { addRowSums, addToRows, scaleInPlace } from '../../tensor/layers/rows';
import { multiplyInto } from '../../tensor/product';
import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { Parameter } from '../parameter';
import { anyTrains } from '../parameter';
import type { Projection } from '../projection';
import type { DropoutMask } from './dropoutMask';

export interface LoraFactors {
  /** (rank, inFeatures). */
  readonly a: Parameter;
  /** (outFeatures, rank). */
  readonly b: Parameter;
  /** (outFeatures), `null` for a LoRA without a bias. */
  readonly bias: Parameter | null;
  readonly scaling: number;
}

export class LoraProjection implements Projection {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly trains: boolean;
  /** dropout(x), and scaling·dropout(x)·Aᵀ. */
  private cache: { readonly x: Tensor; readonly scaled: Tensor } | null = null;

  constructor(
    private readonly base: Projection,
    private readonly factors: LoraFactors,
    /** `null` without dropout. */
    private readonly dropout: DropoutMask | null,
    private readonly workspace: Workspace,
  ) {
    this.inFeatures = base.inFeatures;
    this.outFeatures = base.outFeatures;
    this.trains = base.trains || anyTrains(factors.a, factors.b, factors.bias);
  }

  forward(x: Tensor): Tensor {
    const { a, b, bias, scaling } = this.factors;
    const y = this.base.forward(x);
    const dropped = this.dropout?.forward(x) ?? x;
    const scaled = this.workspace.take(x.shape[0]!, a.value.shape[0]!);
    multiplyInto('NT', dropped, a.value, scaled);
    scaleInPlace(scaled, scaling);
    multiplyInto('NT', scaled, b.value, y, true);
    if (bias) addToRows(y, bias.value, scaling);
    this.cache = { x: dropped, scaled };
    return y;
  }

  backward(gradY: Tensor, gradX: Tensor | null): void {
    const { a, b, bias, scaling } = this.factors;
    const { x, scaled } = this.cache!;
    this.base.backward(gradY, gradX);
    if (b.grad) multiplyInto('TN', gradY, scaled, b.grad, true);
    if (bias?.grad) addRowSums(bias.grad, gradY, scaling);
    const gradAx = this.workspace.take(...scaled.shape);
    multiplyInto('NN', gradY, b.value, gradAx);
    scaleInPlace(gradAx, scaling);
    if (a.grad) multiplyInto('TN', gradAx, x, a.grad, true);
    if (!gradX) return;
    if (!this.dropout) multiplyInto('NN', gradAx, a.value, gradX, true);
    else {
      const gradDropped = this.workspace.take(...x.shape);
      multiplyInto('NN', gradAx, a.value, gradDropped);
      this.dropout.backward(gradDropped, gradX);
    }
  }
}
