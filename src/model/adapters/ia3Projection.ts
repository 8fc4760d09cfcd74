/**
 * (IA)³ on a projection (../../peft/ia3.ts), which scales its output, bias included, or its input:
 *
 *     y = scale ⊙ base(x)        or        y = base(scale ⊙ x)
 */

import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { Parameter } from '../parameter';
import type { Projection } from '../projection';

export class Ia3Projection implements Projection {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly trains: boolean;
  /** What the vector scaled. */
  private unscaled: Tensor | null = null;

  constructor(
    private readonly base: Projection,
    /** As many values as the input or the output has features. */
    private readonly scale: Parameter,
    private readonly scalesInput: boolean,
    private readonly workspace: Workspace,
  ) {
    this.inFeatures = base.inFeatures;
    this.outFeatures = base.outFeatures;
    this.trains = base.trains || scale.grad !== null;
  }

  forward(x: Tensor): Tensor {
    const unscaled = this.scalesInput ? x : this.base.forward(x);
    this.unscaled = unscaled;
    const scaled = this.workspace.take(...unscaled.shape);
    const { data } = this.scale.value;
    for (let i = 0; i < scaled.size; i++) scaled.data[i] = unscaled.data[i]! * data[i % data.length]!;
    return this.scalesInput ? this.base.forward(scaled) : scaled;
  }

  backward(gradY: Tensor, gradX: Tensor | null): void {
    const unscaled = this.unscaled!;
    const gradScaled = this.scalesInput ? this.workspace.zeros(...unscaled.shape) : gradY;
    if (this.scalesInput) this.base.backward(gradY, gradScaled);
    const { value, grad } = this.scale;
    const features = value.size;
    for (let i = 0; grad && i < gradScaled.size; i++) {
      const j = i % features;
      grad.data[j] = grad.data[j]! + gradScaled.data[i]! * unscaled.data[i]!;
    }
    if (this.scalesInput) {
      for (let i = 0; gradX && i < gradX.size; i++) {
        gradX.data[i] = gradX.data[i]! + gradScaled.data[i]! * value.data[i % features]!;
      }
      return;
    }
    if (!gradX && !this.base.trains) return;
    const gradBase = this.workspace.take(...unscaled.shape);
    for (let i = 0; i < gradBase.size; i++) gradBase.data[i] = gradScaled.data[i]! * value.data[i % features]!;
    this.base.backward(gradBase, gradX);
  }
}
