/**
 * Bottleneck adapter (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", arXiv:1902.00751): a small
 * two-layer network with a residual path around it, put after a sublayer of the frozen model.
 *
 *     y = x + relu(x·wDown)·wUp
 *
 *     wDown (dModel, bottleneckDim), wUp (bottleneckDim, dModel), both start as N(0, 0.01²): nearly the identity
 *
 * 2·dModel·bottleneckDim numbers are trained. Unlike LoRA's, the change is not linear and cannot be merged away.
 *
 * Left out: the biases and layer norms of the paper's adapters, and other activations than ReLU.
 */

import { addScaled } from '../tensor/elementwise';
import { checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of freshly made weights. */
const INITIAL_DEVIATION = 0.01;

export interface AdapterOptions {
  readonly dModel: number;
  /** Default 64. */
  readonly bottleneckDim?: number;
  /** Where the weights come from; a source of fixed seed by default. */
  readonly random?: Random;
}

/** What backward needs of the last forward. */
export interface AdapterCache {
  /** The input as it was given, (tokens, dModel) or (batch, tokens, dModel). */
  readonly x: Tensor;
  /** x·wDown and relu(x·wDown), (all tokens, bottleneckDim). A unit whose `down` is not above 0 is closed. */
  readonly down: Tensor;
  readonly activated: Tensor;
}

/** `wDown` and `wUp` may be assigned and their `data` written; their shapes are checked where they are used. */
export class Adapter {
  readonly dModel: number;
  readonly bottleneckDim: number;
  /** (dModel, bottleneckDim). */
  wDown: Tensor;
  /** (bottleneckDim, dModel). */
  wUp: Tensor;
  /** Gradients of the last backward, in the shapes of the weights; null before it. Each backward writes them anew. */
  gradWDown: Tensor | null = null;
  gradWUp: Tensor | null = null;
  /** Null before the first forward. */
  cache: AdapterCache | null = null;

  /** @throws ArgumentError unless both sizes are positive integers. */
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
   * @param x (tokens, dModel) or (batch, tokens, dModel); the result has its shape.
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
   * Takes the gradient of the loss by the last forward's output, sets `gradWDown` and `gradWUp`, and returns the
   * gradient by that forward's input, in its shape.
   * @throws StateError before a forward; ShapeError unless gradOutput has the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('Adapter.backward', 'a forward before it', 'none');
    const { x, down, activated } = this.cache;
    checkShape('Adapter.backward: gradOutput', gradOutput, x.shape);
    this.checkParameters('Adapter.backward');
    const tokens = flattenTokens('Adapter.backward: x', x, this.dModel);
    const gradY = flattenTokens('Adapter.backward: gradOutput', gradOutput, this.dModel);

    this.gradWUp = matmulTN(activated, gradY); // (bottleneckDim, dModel)

    // The ReLU lets the gradient through where it let the value through, and nowhere else.
    const gradDown = matmulNT(gradY, this.wUp); // (tokens, bottleneckDim)
    for (let i = 0; i < gradDown.size; i++) if (!(down.data[i]! > 0)) gradDown.data[i] = 0;

    this.gradWDown = matmulTN(tokens, gradDown); // (dModel, bottleneckDim)
    return addScaled(matmulNT(gradDown, this.wDown), gradY).reshape(x.shape); // both paths meet at the input
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
