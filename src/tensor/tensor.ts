/**
 * A dense float32 tensor: numbers in row-major order (the last index runs fastest) and a shape.
 *
 * It leaves out strides, broadcasting, other element types and automatic differentiation: every method of the PEFT
 * core writes its own backward, and that is the point of the core.
 */

import { ArgumentError, describeValue, ShapeError } from './errors';
import { normalRandom } from './random';
import type { Random } from './random';

/** Elements of one tensor, 8 GB of float32: beyond it typed arrays fail with a message that names no tensor. */
const MAX_ELEMENTS = 2 ** 31 - 1;

export class Tensor {
  readonly shape: readonly number[];

  /**
   * Takes `data` over without copying it.
   * @throws ShapeError where the shape has a size that is not an integer of at least 0, or does not fit the data.
   */
  constructor(
    readonly data: Float32Array,
    shape: readonly number[],
  ) {
    const elements = countElements('Tensor', shape);
    if (data.length !== elements) {
      throw new ShapeError('Tensor', `${elements} values for shape ${formatShape(shape)}`, `${data.length} values`);
    }
    this.shape = Object.freeze([...shape]);
  }

  /** Copies flat row-major values. @throws ShapeError where their number does not fit the shape. */
  static fromArray(values: ArrayLike<number>, shape: readonly number[]): Tensor {
    if (typeof values?.length !== 'number') {
      throw new ArgumentError('Tensor.fromArray', 'a flat array of numbers', describeValue(values));
    }
    if (values.length > 0 && typeof values[0] !== 'number') {
      throw new ArgumentError('Tensor.fromArray', 'a flat array of numbers', `an array of ${describeValue(values[0])}`);
    }
    const elements = countElements('Tensor.fromArray', shape);
    if (values.length !== elements) {
      const expected = `${elements} values for shape ${formatShape(shape)}`;
      throw new ShapeError('Tensor.fromArray', expected, `${values.length} values`);
    }
    return new Tensor(new Float32Array(values), shape);
  }

  static zeros(shape: readonly number[]): Tensor {
    return new Tensor(new Float32Array(countElements('Tensor.zeros', shape)), shape);
  }

  /** Normal values of mean 0 and the given standard deviation. */
  static randn(shape: readonly number[], random: Random, standardDeviation = 1): Tensor {
    const tensor = Tensor.zeros(shape);
    const normal = normalRandom(random);
    for (let i = 0; i < tensor.size; i++) tensor.data[i] = normal() * standardDeviation;
    return tensor;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** The element at one index per dimension. @throws ArgumentError where one is missing or outside its dimension. */
  at(...index: number[]): number {
    const { shape } = this;
    const inside = index.every((i, d) => Number.isInteger(i) && i >= 0 && i < (shape[d] ?? 0));
    if (!inside || index.length !== shape.length) {
      throw new ArgumentError('Tensor.at', `an index within ${formatShape(shape)}`, formatShape(index));
    }
    return this.data[index.reduce((offset, i, d) => offset * shape[d]! + i, 0)]!;
  }

  /** The same data under another shape of as many elements; nothing is copied. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(this.data, shape);
  }

  clone(): Tensor {
    return new Tensor(this.data.slice(), this.shape);
  }
}

/** The product of the sizes; 1 for the empty shape. @throws ShapeError for a size no tensor can have. */
function countElements(where: string, shape: readonly number[]): number {
  if (!Array.isArray(shape)) throw new ShapeError(where, 'a shape, an array of sizes', describeValue(shape));
  let elements = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(where, 'sizes that are integers of at least 0', formatShape(shape));
    }
    elements *= size;
  }
  if (elements > MAX_ELEMENTS) {
    throw new ShapeError(where, `at most ${MAX_ELEMENTS} elements`, `${elements} for ${formatShape(shape)}`);
  }
  return elements;
}

/** A shape as numpy prints it: (2, 16, 256), (5,), (). */
export function formatShape(shape: readonly number[]): string {
  const sizes = shape.map((size) => (typeof size === 'number' ? String(size) : describeValue(size)));
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
}

/** Throws `ShapeError` unless the value is a tensor of exactly this shape. */
export function checkShape(where: string, tensor: Tensor, shape: readonly number[]): void {
  if (!(tensor instanceof Tensor)) {
    throw new ShapeError(where, `a Tensor of shape ${formatShape(shape)}`, describeValue(tensor));
  }
  if (tensor.shape.length === shape.length && tensor.shape.every((size, d) => size === shape[d])) return;
  throw new ShapeError(where, `shape ${formatShape(shape)}`, formatShape(tensor.shape));
}

/**
 * A tensor of tokens, (tokens, features) or (batch, tokens, features), as one matrix: (all tokens, features), sharing
 * its data. @throws ShapeError for any other rank, or another number of features.
 */
export function flattenTokens(where: string, tensor: Tensor, features: number): Tensor {
  const expected = `(tokens, ${features}) or (batch, tokens, ${features})`;
  if (!(tensor instanceof Tensor)) throw new ShapeError(where, `a Tensor of shape ${expected}`, describeValue(tensor));
  const { shape } = tensor;
  if ((shape.length !== 2 && shape.length !== 3) || shape[shape.length - 1] !== features) {
    throw new ShapeError(where, `shape ${expected}`, formatShape(shape));
  }
  return tensor.reshape([tensor.size / features, features]);
}
