/**
 * A dense float32 tensor: a shape, and numbers in row-major order (the last index varies fastest).
 *
 * Left out: strides, broadcasting, other element types and automatic differentiation. Every method of the core has its
 * own hand-written backward pass, which is the purpose of the core.
 */

import { ArgumentError, describeValue, ShapeError } from './errors';
import { normalRandom } from './random';
import type { Random } from './random';

/** Limit on elements, 8 GB of float32. Beyond it typed arrays fail with a message that names no tensor. */
const MAX_ELEMENTS = 2 ** 31 - 1;

export class Tensor {
  readonly shape: readonly number[];

  /**
   * Takes ownership of `data` without copying it.
   * @throws ShapeError if a size is not an integer of at least 0, or if the shape does not fit the data.
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

  /** Copies flat row-major values. @throws ShapeError if their number does not fit the shape. */
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

  /** Normally distributed values with mean 0 and the given standard deviation. */
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

  /** The element at one index per dimension. @throws ArgumentError if an index is missing or out of range. */
  at(...index: number[]): number {
    const { shape } = this;
    const inside = index.every((i, d) => Number.isInteger(i) && i >= 0 && i < (shape[d] ?? 0));
    if (!inside || index.length !== shape.length) {
      throw new ArgumentError('Tensor.at', `an index within ${formatShape(shape)}`, formatShape(index));
    }
    return this.data[index.reduce((offset, i, d) => offset * shape[d]! + i, 0)]!;
  }

  /** The same data with another shape of equal size. Nothing is copied. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(this.data, shape);
  }

  clone(): Tensor {
    return new Tensor(this.data.slice(), this.shape);
  }
}

/**
 * The product of the sizes, 1 for the empty shape. @throws ShapeError if a size is invalid or the product too large.
 */
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

/** Formats a shape as numpy does: (2, 16, 256), (5,), (). */
export function formatShape(shape: readonly number[]): string {
  const sizes = shape.map((size) => (typeof size === 'number' ? String(size) : describeValue(size)));
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
}

/** @throws ShapeError unless the value is a tensor of exactly this shape. */
export function checkShape(where: string, tensor: Tensor, shape: readonly number[]): void {
  if (!(tensor instanceof Tensor)) {
    throw new ShapeError(where, `a Tensor of shape ${formatShape(shape)}`, describeValue(tensor));
  }
  if (tensor.shape.length === shape.length && tensor.shape.every((size, d) => size === shape[d])) return;
  throw new ShapeError(where, `shape ${formatShape(shape)}`, formatShape(tensor.shape));
}

/**
 * Views a tensor (tokens, features) or (batch, tokens, features) as one matrix (all tokens, features), sharing its
 * data.
 * @throws ShapeError if the rank or the number of features differs.
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
