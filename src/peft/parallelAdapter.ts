/**
 * Parallel adapter (He et al. 2021, "Towards a Unified View of Parameter-Efficient Transfer Learning",
 * arXiv:2110.04366): the bottleneck of adapter.ts reads the input of a frozen sublayer instead of its output, and its
 * result is scaled before it is added:
 *
 *     y = sublayer(x) + scaling · relu(x·wDown)·wUp
 *
 *     wDown (dModel, bottleneckDim) and wUp (bottleneckDim, dModel) start as N(0, 0.01²)
 *
 * The sublayer and the bottleneck can run side by side. Like LoRA, the adapter adds to what the frozen layer computes;
 * unlike LoRA it is not linear, so it cannot be merged into the weights.
 *
 * Left out: biases, layer norms, and activations other than ReLU.
 */

import { addScaled, scale } from '../tensor/elementwise';
import { checkFinite, checkPositiveInteger, StateError } from '../tensor/errors';
import { matmul, matmulNT, matmulTN } from '../tensor/matmul';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial weights. */
const INITIAL_DEVIATION = 0.01;

export interface ParallelAdapterOptions {
  readonly dModel: number;
  /** Default 64. */
  readonly bottleneckDim?: number;
  /** Default 4, which He et al. found best for a bottleneck beside the feed-forward layer. */
  readonly scaling?: number;
  /** Source of the initial weights. By default it has a fixed seed. */
  readonly random?: Random;
}

export interface ParallelAdapterGradients {
  /** The gradient with respect to x, through the bottleneck alone. The sublayer has its own path to x. */
  readonly gradInput: Tensor;
  /** The gradient with respect to the sublayer's output. */
  readonly gradSublayerOutput: Tensor;
}

/** `wDown` and `wUp` may be replaced, and their `data` may be written. Their shapes are checked on every use. */
export class ParallelAdapter {
  readonly dModel: number;
  readonly bottleneckDim: number;
  readonly scaling: number;
  /** (dModel, bottleneckDim). */
  wDown: Tensor;
  /** (bottleneckDim, dModel). */
  wUp: Tensor;
  /** Gradients from the last backward pass, in the shapes of the weights. `null` before the first one. */
  gradWDown: Tensor | null = null;
  gradWUp: Tensor | null = null;
  /** The input, and x·wDown and relu(x·wDown), (all tokens, bottleneckDim). `null` before the first forward pass. */
  cache: { readonly x: Tensor; readonly down: Tensor; readonly activated: Tensor } | null = null;

  /** @throws ArgumentError if a size is not a positive integer, or if the scaling is not finite. */
  constructor({ dModel, bottleneckDim = 64, scaling = 4, random = seededRandom() }: ParallelAdapterOptions) {
    checkPositiveInteger('ParallelAdapter: dModel', dModel);
    checkPositiveInteger('ParallelAdapter: bottleneckDim', bottleneckDim);
    checkFinite('ParallelAdapter: scaling', scaling);
    this.dModel = dModel;
    this.bottleneckDim = bottleneckDim;
    this.scaling = scaling;
    this.wDown = Tensor.randn([dModel, bottleneckDim], random, INITIAL_DEVIATION);
    this.wUp = Tensor.randn([bottleneckDim, dModel], random, INITIAL_DEVIATION);
  }

  /**
   * y = sublayerOutput + scaling·relu(x·wDown)·wUp
   * @param x the input of the sublayer, (tokens, dModel) or (batch, tokens, dModel).
   * @param sublayerOutput the shape of x.
   * @throws ShapeError
   */
  forward(x: Tensor, sublayerOutput: Tensor): Tensor {
    const tokens = flattenTokens('ParallelAdapter.forward: x', x, this.dModel);
    checkShape('ParallelAdapter.forward: sublayerOutput', sublayerOutput, x.shape);
    this.checkParameters('ParallelAdapter.forward');
    const down = matmul(tokens, this.wDown); // (tokens, bottleneckDim)
    const activated = down.clone();
    for (let i = 0; i < activated.size; i++) activated.data[i] = Math.max(0, down.data[i]!);
    this.cache = { x, down, activated };
    const change = matmul(activated, this.wUp).reshape(x.shape);
    return addScaled(sublayerOutput.clone(), change, this.scaling);
  }

  /**
   * Computes `gradWDown` and `gradWUp` from the gradient of the loss with respect to the last output.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): ParallelAdapterGradients {
    if (!this.cache) throw new StateError('ParallelAdapter.backward', 'a forward pass first', 'none');
    const { x, down, activated } = this.cache;
    checkShape('ParallelAdapter.backward: gradOutput', gradOutput, x.shape);
    this.checkParameters('ParallelAdapter.backward');
    const tokens = flattenTokens('ParallelAdapter.backward: x', x, this.dModel);
    const gradY = flattenTokens('ParallelAdapter.backward: gradOutput', gradOutput, this.dModel);
    const scaledGradY = scale(gradY, this.scaling);

    this.gradWUp = matmulTN(activated, scaledGradY); // (bottleneckDim, dModel)
    const gradDown = matmulNT(scaledGradY, this.wUp); // (tokens, bottleneckDim)
    for (let i = 0; i < gradDown.size; i++) if (!(down.data[i]! > 0)) gradDown.data[i] = 0;
    this.gradWDown = matmulTN(tokens, gradDown); // (dModel, bottleneckDim)

    const gradInput = matmulNT(gradDown, this.wDown).reshape(x.shape);
    return { gradInput, gradSublayerOutput: gradOutput.clone() };
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
