/**
 * LoRA on the feed-forward layer of a transformer block, which holds two thirds of the block's weights. Every weight is
 * frozen and gets a LoRA layer (lora.ts):
 *
 *     plain    y = down(activation(up(x)))                 activation: ReLU, or GELU in its exact form
 *     SwiGLU   y = down(silu(gate(x)) ⊙ up(x))             Shazeer 2020, "GLU Variants Improve Transformer"
 *
 *     up and gate (dFeedForward, dModel), down (dModel, dFeedForward)
 *
 * Left out: biases.
 */

import { ArgumentError, describeValue, ShapeError, StateError } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, formatShape, Tensor } from '../tensor/tensor';
import { gelu, relu, silu } from './activations';
import { LoRALayer } from './lora';

const ACTIVATIONS = { relu, gelu, swiglu: silu };

export type FeedForwardActivation = keyof typeof ACTIVATIONS;

export interface FeedForwardWeights {
  /** (dFeedForward, dModel). */
  readonly up: Tensor;
  /** (dModel, dFeedForward). */
  readonly down: Tensor;
  /** (dFeedForward, dModel). SwiGLU needs it, and the other activations refuse it. */
  readonly gate?: Tensor | undefined;
}

export interface FeedForwardLoraOptions {
  /** Default 8. */
  readonly rank?: number;
  /** Default 16. */
  readonly alpha?: number;
  /** Default ReLU. */
  readonly activation?: FeedForwardActivation;
  /** A single source for all layers, so that their initial A matrices differ. */
  readonly random?: Random;
}

/** What the backward pass needs: the outputs of `up` and `gate`, (..., dFeedForward). Without a gate, `gate` is `up`. */
interface FeedForwardCache {
  readonly up: Tensor;
  readonly gate: Tensor;
}

/** @throws ArgumentError if the activation is unknown or does not fit the gate; ShapeError, ArgumentError. */
export function applyLoraToFeedForward(
  weights: FeedForwardWeights,
  options: FeedForwardLoraOptions = {},
): LoRAFeedForward {
  return new LoRAFeedForward(weights, options);
}

export class LoRAFeedForward {
  readonly activation: FeedForwardActivation;
  readonly lora: { readonly up: LoRALayer; readonly down: LoRALayer; readonly gate?: LoRALayer };
  private cache: FeedForwardCache | null = null;

  constructor(
    readonly weights: FeedForwardWeights,
    { rank = 8, alpha = 16, activation = 'relu', random = seededRandom() }: FeedForwardLoraOptions,
  ) {
    checkWeights(weights, activation);
    this.activation = activation;
    const layerFor = ({ shape }: Tensor): LoRALayer =>
      new LoRALayer({ inFeatures: shape[1]!, outFeatures: shape[0]!, rank, alpha, random });
    const { up, down, gate } = weights;
    this.lora = { up: layerFor(up), down: layerFor(down), ...(gate && { gate: layerFor(gate) }) };
  }

  /** @param x (tokens, dModel) or (batch, tokens, dModel). @returns the shape of x. @throws ShapeError */
  forward(x: Tensor): Tensor {
    const { weights, lora } = this;
    const up = lora.up.forward(x, weights.up);
    const gate = lora.gate && weights.gate ? lora.gate.forward(x, weights.gate) : up;
    this.cache = { up, gate };
    const { value } = ACTIVATIONS[this.activation];
    const hidden = Tensor.zeros(up.shape);
    for (let i = 0; i < hidden.size; i++) {
      const activated = value(gate.data[i]!);
      hidden.data[i] = lora.gate ? activated * up.data[i]! : activated;
    }
    return lora.down.forward(hidden, weights.down);
  }

  /**
   * Computes the gradients of all LoRA layers. @returns the gradient with respect to the last input. @throws StateError
   * before the first forward pass; ShapeError.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('LoRAFeedForward.backward', 'a forward pass first', 'none');
    const { lora } = this;
    const { up, gate } = this.cache;
    const { value, derivative } = ACTIVATIONS[this.activation];
    const gradHidden = lora.down.backward(gradOutput);

    const gradGate = Tensor.zeros(gate.shape);
    if (!lora.gate) {
      for (let i = 0; i < gate.size; i++) gradGate.data[i] = gradHidden.data[i]! * derivative(gate.data[i]!);
      return lora.up.backward(gradGate);
    }
    // The product rule for silu(gate) ⊙ up.
    const gradUp = Tensor.zeros(up.shape);
    for (let i = 0; i < gate.size; i++) {
      gradUp.data[i] = gradHidden.data[i]! * value(gate.data[i]!);
      gradGate.data[i] = gradHidden.data[i]! * up.data[i]! * derivative(gate.data[i]!);
    }
    const gradInput = lora.up.backward(gradUp);
    const throughGate = lora.gate.backward(gradGate);
    for (let i = 0; i < gradInput.size; i++) gradInput.data[i] = gradInput.data[i]! + throughGate.data[i]!;
    return gradInput;
  }

  /** The number of trainable parameters. */
  numParameters(): number {
    const { up, down, gate } = this.lora;
    return up.numParameters() + down.numParameters() + (gate?.numParameters() ?? 0);
  }
}

function checkWeights({ up, down, gate }: FeedForwardWeights, activation: FeedForwardActivation): void {
  const where = 'applyLoraToFeedForward';
  if (!Object.hasOwn(ACTIVATIONS, activation)) {
    const expected = `one of ${Object.keys(ACTIVATIONS).join(', ')}`;
    throw new ArgumentError(`${where}: activation`, expected, describeValue(activation));
  }
  const isGated = activation === 'swiglu';
  if (isGated !== Boolean(gate)) {
    const expected = isGated ? 'the weight that swiglu needs' : `no gate for ${activation}`;
    throw new ArgumentError(`${where}: gate`, expected, describeValue(gate));
  }
  const expected = 'shape (dFeedForward, dModel)';
  if (!(up instanceof Tensor)) throw new ShapeError(`${where}: up`, expected, describeValue(up));
  const [dFeedForward, dModel] = up.shape;
  if (up.rank !== 2 || dFeedForward === undefined || dModel === undefined) {
    throw new ShapeError(`${where}: up`, expected, formatShape(up.shape));
  }
  checkShape(`${where}: down`, down, [dModel, dFeedForward]);
  if (gate) checkShape(`${where}: gate`, gate, [dFeedForward, dModel]);
}
