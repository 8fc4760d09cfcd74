/**
 * A bottleneck adapter after a sublayer (../../peft/adapter.ts, ../../peft/parallelAdapter.ts), with the options of
 * AdapterHub's library. With f(x) = scaling·(activation(x·downᵀ + downBias)·upᵀ + upBias):
 *
 *     in series     x = output, or output + residual if the adapter stands behind the residual sum
 *                   y = f(x) + (output or x) + residual
 *     in parallel   y = f(residual) + output + residual
 *
 *     down (bottleneck, hidden), up (hidden, bottleneck): the layout in AdapterHub's files
 *
 * Source: `BottleneckLayer` and `Adapter` of adapter-hub/adapters, for blocks whose norm precedes the sublayer.
 */

import { addInto, addRowSums, addToRows, scaleInPlace } from '../../tensor/layers/rows';
import type { ScalarFunction } from '../../tensor/layers/gatedUnit';
import { multiplyInto } from '../../tensor/product';
import type { Tensor } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { Join, JoinGradients } from '../join';
import type { Parameter } from '../parameter';
import { anyTrains } from '../parameter';

export interface BottleneckSettings {
  readonly activation: ScalarFunction;
  readonly scaling: number;
  readonly parallel: boolean;
  /** AdapterHub's `original_ln_before`: in series, the adapter reads output + residual. */
  readonly readsSum: boolean;
  /** AdapterHub's `residual_before_ln`: the inner residual is the output, not what the adapter reads. */
  readonly keepsOutput: boolean;
  /** AdapterHub's `original_ln_after`: the residual is added at the end. */
  readonly addsResidual: boolean;
}

interface BottleneckWeights {
  readonly down: Parameter;
  readonly downBias: Parameter | null;
  readonly up: Parameter;
  readonly upBias: Parameter | null;
}

interface BottleneckCache {
  readonly x: Tensor;
  readonly down: Tensor;
  readonly activated: Tensor;
}

export class Bottleneck implements Join {
  readonly trains: boolean;
  private cache: BottleneckCache | null = null;

  constructor(
    private readonly weights: BottleneckWeights,
    private readonly settings: BottleneckSettings,
    private readonly workspace: Workspace,
  ) {
    this.trains = anyTrains(...Object.values(weights));
  }

  forward(residual: Tensor, output: Tensor): Tensor {
    const { parallel, readsSum, keepsOutput, addsResidual } = this.settings;
    const x = parallel ? residual : readsSum ? this.sum(output, residual) : output;
    const change = this.change(x);
    const inner = this.sum(change, parallel || keepsOutput ? output : x);
    return addsResidual ? this.sum(inner, residual) : inner;
  }

  backward(grad: Tensor): JoinGradients {
    const { parallel, readsSum, keepsOutput, addsResidual } = this.settings;
    const gradX = this.workspace.zeros(...grad.shape);
    this.backwardChange(grad, gradX);
    if (!parallel && !keepsOutput) addInto(gradX, grad, gradX);
    const gradOutput = this.workspace.zeros(...grad.shape);
    const gradResidual = this.workspace.zeros(...grad.shape);
    if (parallel || keepsOutput) addInto(gradOutput, grad, gradOutput);
    if (addsResidual) addInto(gradResidual, grad, gradResidual);
    if (!parallel) addInto(gradOutput, gradX, gradOutput);
    if (parallel || readsSum) addInto(gradResidual, gradX, gradResidual);
    return { gradResidual, gradOutput };
  }

  /** f(x), (rows, hidden). */
  private change(x: Tensor): Tensor {
    const { down, downBias, up, upBias } = this.weights;
    const hidden = this.workspace.take(x.shape[0]!, down.value.shape[0]!);
    multiplyInto('NT', x, down.value, hidden);
    if (downBias) addToRows(hidden, downBias.value);
    const activated = this.workspace.take(...hidden.shape);
    const { value } = this.settings.activation;
    for (let i = 0; i < hidden.size; i++) activated.data[i] = value(hidden.data[i]!);
    const change = this.workspace.take(...x.shape);
    multiplyInto('NT', activated, up.value, change);
    if (upBias) addToRows(change, upBias.value);
    scaleInPlace(change, this.settings.scaling);
    this.cache = { x, down: hidden, activated };
    return change;
  }

  private backwardChange(grad: Tensor, gradX: Tensor): void {
    const { down, downBias, up, upBias } = this.weights;
    const { x, down: hidden, activated } = this.cache!;
    const scaled = this.workspace.zeros(...grad.shape);
    addInto(scaled, grad, scaled);
    scaleInPlace(scaled, this.settings.scaling);
    if (up.grad) multiplyInto('TN', scaled, activated, up.grad, true);
    if (upBias?.grad) addRowSums(upBias.grad, scaled);
    const gradHidden = this.workspace.take(...hidden.shape);
    multiplyInto('NN', scaled, up.value, gradHidden);
    const { derivative } = this.settings.activation;
    for (let i = 0; i < hidden.size; i++) gradHidden.data[i] = gradHidden.data[i]! * derivative(hidden.data[i]!);
    if (down.grad) multiplyInto('TN', gradHidden, x, down.grad, true);
    if (downBias?.grad) addRowSums(downBias.grad, gradHidden);
    multiplyInto('NN', gradHidden, down.value, gradX, true);
  }

  private sum(a: Tensor, b: Tensor): Tensor {
    const out = this.workspace.take(...a.shape);
    addInto(a, b, out);
    return out;
  }
}
