/**
 * DoRA on a projection (../../peft/dora.ts):
 *
 *     direction = x·(W + scaling·B·A)ᵀ        y = (magnitude / norm) ⊙ direction + bias
 *
 * The norms of the rows of W + scaling·B·A are constants in the backward pass, as in PEFT.
 */

import { addRowSums, addToRows, scaleInPlace } from '../../tensor/layers/rows';
import { multiplyInto } from '../../tensor/product';
import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { Parameter } from '../parameter';
import { anyTrains } from '../parameter';
import type { Linear, Projection } from '../projection';
import type { LoraFactors } from './loraProjection';

interface DoraCache {
  readonly x: Tensor;
  /** scaling·x·Aᵀ. */
  readonly scaled: Tensor;
  readonly direction: Tensor;
  /** (outFeatures) each. */
  readonly norm: Tensor;
  readonly factor: Tensor;
}

export class DoraProjection implements Projection {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly trains: boolean;
  private cache: DoraCache | null = null;

  constructor(
    private readonly base: Linear,
    private readonly factors: LoraFactors,
    /** (outFeatures). */
    private readonly magnitude: Parameter,
    private readonly workspace: Workspace,
  ) {
    this.inFeatures = base.inFeatures;
    this.outFeatures = base.outFeatures;
    this.trains = base.trains || anyTrains(factors.a, factors.b, magnitude);
  }

  forward(x: Tensor): Tensor {
    const { workspace, base } = this;
    const { a, b, scaling } = this.factors;
    const scaled = workspace.take(x.shape[0]!, a.value.shape[0]!);
    multiplyInto('NT', x, a.value, scaled);
    scaleInPlace(scaled, scaling);
    const direction = workspace.take(x.shape[0]!, this.outFeatures);
    multiplyInto('NT', x, base.weight.value, direction);
    multiplyInto('NT', scaled, b.value, direction, true);

    const norm = this.rowNorms();
    const factor = workspace.take(this.outFeatures);
    for (let j = 0; j < factor.size; j++) factor.data[j] = this.magnitude.value.data[j]! / norm.data[j]!;
    const y = workspace.take(...direction.shape);
    multiplyColumns(direction, factor, y);
    if (base.bias) addToRows(y, base.bias.value);
    this.cache = { x, scaled, direction, norm, factor };
    return y;
  }

  backward(gradY: Tensor, gradX: Tensor | null): void {
    const { workspace, base, magnitude } = this;
    const { a, b, scaling } = this.factors;
    const { x, scaled, direction, norm, factor } = this.cache!;
    if (magnitude.grad) {
      const sums = workspace.zeros(this.outFeatures);
      for (let i = 0; i < gradY.size; i++) {
        const j = i % sums.size;
        sums.data[j] = sums.data[j]! + gradY.data[i]! * direction.data[i]!;
      }
      const grad = magnitude.grad.data;
      for (let j = 0; j < grad.length; j++) grad[j] = grad[j]! + sums.data[j]! / norm.data[j]!;
    }
    if (base.bias?.grad) addRowSums(base.bias.grad, gradY);
    const gradDirection = workspace.take(...gradY.shape);
    multiplyColumns(gradY, factor, gradDirection);
    if (b.grad) multiplyInto('TN', gradDirection, scaled, b.grad, true);
    const gradAx = workspace.take(...scaled.shape);
    multiplyInto('NN', gradDirection, b.value, gradAx);
    scaleInPlace(gradAx, scaling);
    if (a.grad) multiplyInto('TN', gradAx, x, a.grad, true);
    if (!gradX) return;
    multiplyInto('NN', gradDirection, base.weight.value, gradX, true);
    multiplyInto('NN', gradAx, a.value, gradX, true);
  }

  /** The norms of the rows of W + scaling·B·A, (outFeatures). */
  private rowNorms(): Tensor {
    const { a, b, scaling } = this.factors;
    const weight = this.base.weight.value.data;
    const product = this.workspace.take(this.outFeatures, this.inFeatures);
    multiplyInto('NN', b.value, a.value, product);
    const norm = this.workspace.take(this.outFeatures);
    for (let j = 0; j < this.outFeatures; j++) {
      let sum = 0;
      for (let i = j * this.inFeatures; i < (j + 1) * this.inFeatures; i++) {
        const entry = weight[i]! + scaling * product.data[i]!;
        sum += entry * entry;
      }
      norm.data[j] = Math.sqrt(sum);
    }
    return norm;
  }
}

function multiplyColumns(matrix: Tensor, factor: Tensor, out: Tensor): void {
  const columns = factor.size;
  for (let start = 0; start < matrix.size; start += columns) {
    for (let j = 0; j < columns; j++) out.data[start + j] = matrix.data[start + j]! * factor.data[j]!;
  }
}
