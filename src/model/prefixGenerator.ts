/**
 * Prefix tuning with a reparametrisation (../peft/prefixMlp.ts): an MLP trains and generates the prefix that the model
 * reads. The file of the adapter holds only the generated prefix, as PEFT saves it with `prefix_projection`.
 */

import type { PrefixMLP } from '../peft/prefixMlp';
import { checkShape, Tensor } from '../tensor/tensor';
import type { Parameter } from './parameter';

/** A tensor that trains, and its gradient. */
interface Trained {
  readonly value: Tensor;
  readonly grad: Tensor;
}

export class PrefixGenerator {
  private readonly mlp: PrefixMLP;
  private readonly prefix: Parameter;

  /**
   * @param prefix (prefixLength, layers·2·keyValueWidth), a parameter that has a gradient.
   * @throws ShapeError if the MLP generates another shape.
   */
  constructor(mlp: PrefixMLP, prefix: Parameter) {
    const { prefixLength, numLayers, numHeads, dHead } = mlp;
    checkShape('PrefixGenerator: prefix', prefix.value, [prefixLength, numLayers * 2 * numHeads * dHead]);
    this.mlp = mlp;
    this.prefix = prefix;
  }

  /** The number of parameters that train. */
  get size(): number {
    return this.mlp.numParameters();
  }

  /** Writes the prefix that the current parameters generate. */
  generate(): void {
    this.movePositions(this.mlp.forward().data, this.prefix.value.data, 'toRows');
  }

  /** Takes the gradient of the prefix through the MLP. @returns the parameters that train. */
  backward(): readonly Trained[] {
    const { mlp } = this;
    const { numLayers, numHeads, dHead, prefixLength } = mlp;
    const gradPrefix = Tensor.zeros([numLayers, 2, prefixLength, numHeads, dHead]);
    this.movePositions(this.prefix.grad!.data, gradPrefix.data, 'toPrefix');
    mlp.backward(gradPrefix);
    return [
      { value: mlp.embedding, grad: mlp.gradEmbedding! },
      { value: mlp.w1, grad: mlp.gradW1! },
      { value: mlp.b1, grad: mlp.gradB1! },
      { value: mlp.w2, grad: mlp.gradW2! },
      { value: mlp.b2, grad: mlp.gradB2! },
    ];
  }

  /** The file has the position first; the core's prefix has it after the layer and key or value. */
  private movePositions(from: Float32Array, to: Float32Array, direction: 'toRows' | 'toPrefix'): void {
    const { numLayers, numHeads, dHead, prefixLength } = this.mlp;
    const part = numHeads * dHead;
    const pairs = 2 * numLayers;
    for (let position = 0; position < prefixLength; position++) {
      for (let pair = 0; pair < pairs; pair++) {
        const inRows = (position * pairs + pair) * part;
        const inPrefix = (pair * prefixLength + position) * part;
        const [source, target] = direction === 'toRows' ? [inPrefix, inRows] : [inRows, inPrefix];
        to.set(from.subarray(source, source + part), target);
      }
    }
  }
}
