/**
 * Bottleneck adapter (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", arXiv:1902.00751): a small
 * two-layer network with a residual connection, inserted after a sublayer of the frozen model.
 *
 *     y = x + relu(x·wDown)·wUp
 *
 *     wDown (dModel, bottleneckDim) and wUp (bottleneckDim, dModel) start as N(0, 0.01²), so that y ≈ x at first
 *
 * The adapter trains 2·dModel·bottleneckDim parameters. Unlike a LoRA update it is not linear, so it cannot be merged
 * into the weights.
 *
 * Left out: the paper's biases and layer norms, and activations other than ReLU.
 */

import { addScaled } from '../tensor/elementwise';
import { checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial weights. */
const INITIAL_DEVIATION = 0.01;

export interface AdapterOptions {
  readonly dModel: number;
  /** Default 64. */
  readonly bottleneckDim?: number;
  /** Source of the initial weights. By default it has a fixed seed. */
  readonly random?: Random;
}

/** What the backward pass needs from the last forward pass. */
export interface AdapterCache {
  /** The input in its original shape, (tokens, dModel) or (batch, tokens, dModel). */
  readonly x: Tensor;
  /** x·wDown and relu(x·wDown), (all tokens, bottleneckDim). A unit is closed where `down` is not positive. */
  readonly down: Tensor;
  readonly activated: Tensor;
}

/** `wDown` and `wUp` may be replaced, and their `data` may be written. Their shapes are checked on every use. */
export class Adapter {
  readonly dModel: number;
  readonly bottleneckDim: number;
  /** (dModel, bottleneckDim). */
  wDown: Tensor;
  /** (bottleneckDim, dModel). */
  wUp: Tensor;
  /** Gradients from the last backward pass, in the shapes of the weights. `null` before the first one. */
  gradWDown: Tensor | null = null;
  gradWUp: Tensor | null = null;
  /** `null` before the first forward pass. */
  cache: AdapterCache | null = null;

  /** @throws ArgumentError if a size is not a positive integer. */
  constructor({ dModel, bottleneckDim = 64, random = seededRandom() }: AdapterOptions) {
    checkPositiveInteger('Adapter: dModel', dModel);
    checkPositiveInteger('Adapter: bottleneckDim', bottleneckDim);
    this.dModel = dModel;
    this.bottleneckDim = bottleneckDim;
    this.wDown = Tensor.randn([dModel, bottleneckDim], random, INITIAL_DEVIATION);
    this.wUp = Tensor.randn([bottleneckDim, dModel], random, INITIAL_DEVIATION);
  }

  /**
   * y = x + relu(x·wDown)·wUp
   * @param x (tokens, dModel) or (batch, tokens, dModel).
   * @returns the shape of x.
   * @throws ShapeError
   */
  forward(x: Tensor): Tensor {
    const tokens = flattenTokens('Adapter.forward: x', x, this.dModel);
    this.checkParameters('Adapter.forward');
    const down = matmul(tokens, this.wDown); // (tokens, bottleneckDim)
    const activated = down.clone();
    for (let i = 0; i < activated.size; i++) activated.data[i] = Math.max(0, down.data[i]!);
    this.cache = { x, down, activated };
    return addScaled(matmul(activated, this.wUp), tokens).reshape(x.shape);
  }

  /**
   * Computes `gradWDown` and `gradWUp` from the gradient of the loss with respect to the last output.
   * @returns the gradient with respect to the last input, in the shape of that input.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('Adapter.backward', 'a forward pass first', 'none');
    const { x, down, activated } = this.cache;
    checkShape('Adapter.backward: gradOutput', gradOutput, x.shape);
    this.checkParameters('Adapter.backward');
    const tokens = flattenTokens('Adapter.backward: x', x, this.dModel);
    const gradY = flattenTokens('Adapter.backward: gradOutput', gradOutput, this.dModel);

    this.gradWUp = matmulTN(activated, gradY); // (bottleneckDim, dModel)

    // The ReLU passes the gradient where the unit is open and blocks it where the unit is closed.
    const gradDown = matmulNT(gradY, this.wUp); // (tokens, bottleneckDim)
    for (let i = 0; i < gradDown.size; i++) if (!(down.data[i]! > 0)) gradDown.data[i] = 0;

    this.gradWDown = matmulTN(tokens, gradDown); // (dModel, bottleneckDim)
    return addScaled(matmulNT(gradDown, this.wDown), gradY).reshape(x.shape); // residual path + bottleneck path
  }

  /** 2·dModel·bottleneckDim. */
  numParameters(): number {
    return this.wDown.size + this.wUp.size;
  }

  private checkParameters(where: string): void {
    checkShape(`${where}: wDown`, this.wDown, [this.dModel, this.bottleneckDim]);
    checkShape(`${where}: wUp`, this.wUp, [this.bottleneckDim, this.dModel]);
  }
}
