/** Computes A (rank, inFeatures) and B (outFeatures, rank) in float64 from the stored inputs of a `Product`. */

import type { ExpandedFactors, Product } from './products';

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** (rows, columns), row-major. */
  readonly data: Float64Array;
}

/** Lower bound of the norms that DeLoRA divides by (PEFT). */
const SMALLEST_NORM = 1e-4;

/** `read` holds the row-major matrix of every input of the product. The results may be these arrays. */
export function expandProduct(product: Product, read: Inputs): ExpandedFactors {
  const get = reader(product, read);
  switch (product.recipe) {
    case 'plain':
      return { a: get('a').data, b: get('b').data };
    case 'diagonal':
      return { a: scaleRows(get('a'), get('inner').data), b: get('b').data };
    case 'vera':
      return { a: scaleRows(get('a'), get('lambda_d').data), b: scaleRows(get('b'), get('lambda_b').data) };
    case 'delora':
      return delora(get('a'), get('b'), get('lambda').data[0]!, get('w_norm').data);
    case 'mid':
      return { a: throughKernel(get('a'), get('mid')), b: get('b').data };
    case 'blocksA':
      return { a: blockDiagonal(get('a'), product.inFeatures), b: get('b').data };
    case 'blocksB':
      return { a: get('a').data, b: blockDiagonal(get('b'), product.rank) };
    case 'hadamard': {
      const [first, second] = hadamardPairs(product, read);
      return { a: rowProducts(first.right, second.right), b: columnProducts(first.left, second.left) };
    }
    case 'kronecker': {
      const [first, second] = kroneckerPairs(product, read);
      return { a: kronecker(first.right, second.right), b: kronecker(first.left, second.left) };
    }
  }
}

type Inputs = ReadonlyMap<string, Float64Array>;

function reader(product: Product, read: Inputs): (part: string) => Matrix {
  return (part) => {
    const { rows, columns } = product.inputs.get(part)!.layout;
    return { rows, columns, data: read.get(part)! };
  };
}

/** The two products whose elementwise product is the change, each as left times right. */
export function hadamardPairs(product: Product, read: Inputs): readonly [Pair, Pair] {
  const get = reader(product, read);
  return (['1', '2'] as const).map((n) => {
    const right = get(`w${n}_b`);
    if (!product.inputs.has(`t${n}`)) return { left: get(`w${n}_a`), right };
    return { left: transpose(get(`w${n}_a`)), right: kernelRight(right, get(`t${n}`)) };
  }) as [Pair, Pair];
}

/** The two sides of a Kronecker product, each as left times right. */
export function kroneckerPairs(product: Product, read: Inputs): readonly [Pair, Pair] {
  const get = reader(product, read);
  return (['w1', 'w2'] as const).map((name) => {
    if (product.inputs.has(name)) return withIdentity(get(name));
    const [left, right] = [get(`${name}_a`), get(`${name}_b`)];
    return name === 'w2' && product.inputs.has('t2')
      ? { left: transpose(left), right: kernelRight(right, get('t2')) }
      : { left, right };
  }) as [Pair, Pair];
}

export interface Pair {
  readonly left: Matrix;
  readonly right: Matrix;
}

function scaleRows({ rows, columns, data }: Matrix, by: Float64Array): Float64Array {
  const scaled = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) scaled[i * columns + j] = data[i * columns + j]! * by[i]!;
  return scaled;
}

function transpose({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return { rows: columns, columns: rows, data: turned };
}

function delora(a: Matrix, b: Matrix, lambda: number, wNorm: Float64Array): ExpandedFactors {
  const rank = a.rows;
  const expanded = new Float64Array(a.data.length);
  for (let k = 0; k < rank; k++) {
    const aNorm = Math.max(lineNorm(a.data, k * a.columns, 1, a.columns), SMALLEST_NORM);
    const bNorm = Math.max(lineNorm(b.data, k, rank, b.rows), SMALLEST_NORM);
    const weight = lambda / rank / (aNorm * bNorm);
    for (let j = 0; j < a.columns; j++) expanded[k * a.columns + j] = weight * a.data[k * a.columns + j]! * wNorm[j]!;
  }
  return { a: expanded, b: b.data };
}

function lineNorm(data: Float64Array, first: number, stride: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += data[first + i * stride]! ** 2;
  return Math.sqrt(sum);
}

/** Row p, column (j, kernel) of the result is the sum over q of mid[p, q, kernel] * down[q, j]. */
function throughKernel(down: Matrix, mid: Matrix): Float64Array {
  return contract(mid, down, down.rows);
}

/** The same contraction for LyCORIS' Tucker form: kernel t (rank, rank, kernel) and right (rank, in). */
function kernelRight(right: Matrix, kernel: Matrix): Matrix {
  const size = kernel.columns / right.rows;
  return { rows: kernel.rows, columns: right.columns * size, data: contract(kernel, right, right.rows) };
}

function contract(kernel: Matrix, right: Matrix, ranks: number): Float64Array {
  const size = kernel.columns / ranks;
  const width = right.columns * size;
  const result = new Float64Array(kernel.rows * width);
  for (let p = 0; p < kernel.rows; p++) {
    for (let q = 0; q < ranks; q++) {
      for (let j = 0; j < right.columns; j++) {
        const value = right.data[q * right.columns + j]!;
        for (let k = 0; k < size; k++)
          result[p * width + j * size + k]! += kernel.data[p * kernel.columns + q * size + k]! * value;
      }
    }
  }
  return result;
}

/** The full matrix of a block-diagonal one that is stored without its zeros: each block has an equal share of rows. */
function blockDiagonal({ rows, columns, data }: Matrix, fullColumns: number): Float64Array {
  const blocks = fullColumns / columns;
  const rowsOfBlock = rows / blocks;
  const full = new Float64Array(rows * fullColumns);
  for (let i = 0; i < rows; i++) {
    const at = i * fullColumns + Math.floor(i / rowsOfBlock) * columns;
    full.set(data.subarray(i * columns, (i + 1) * columns), at);
  }
  return full;
}

/** Row (p, q) is the elementwise product of row p of `first` and row q of `second`. */
function rowProducts(first: Matrix, second: Matrix): Float64Array {
  const { columns } = first;
  const result = new Float64Array(first.rows * second.rows * columns);
  for (let p = 0, at = 0; p < first.rows; p++) {
    for (let q = 0; q < second.rows; q++) {
      for (let j = 0; j < columns; j++) result[at++] = first.data[p * columns + j]! * second.data[q * columns + j]!;
    }
  }
  return result;
}

/** Column (p, q) is the elementwise product of column p of `first` and column q of `second`. */
function columnProducts(first: Matrix, second: Matrix): Float64Array {
  const result = new Float64Array(first.rows * first.columns * second.columns);
  for (let i = 0, at = 0; i < first.rows; i++) {
    for (let p = 0; p < first.columns; p++) {
      const value = first.data[i * first.columns + p]!;
      for (let q = 0; q < second.columns; q++) result[at++] = value * second.data[i * second.columns + q]!;
    }
  }
  return result;
}

/** A matrix as the product of itself and an identity on its shorter side. */
function withIdentity(whole: Matrix): Pair {
  const size = Math.min(whole.rows, whole.columns);
  const identity: Matrix = { rows: size, columns: size, data: new Float64Array(size * size) };
  for (let i = 0; i < size; i++) identity.data[i * size + i] = 1;
  return whole.rows <= whole.columns ? { left: identity, right: whole } : { left: whole, right: identity };
}

function kronecker(first: Matrix, second: Matrix): Float64Array {
  const width = first.columns * second.columns;
  const result = new Float64Array(first.rows * second.rows * width);
  for (let i = 0; i < first.rows; i++) {
    for (let j = 0; j < first.columns; j++) {
      const value = first.data[i * first.columns + j]!;
      for (let k = 0; k < second.rows; k++) {
        const at = (i * second.rows + k) * width + j * second.columns;
        for (let l = 0; l < second.columns; l++) result[at + l] = value * second.data[k * second.columns + l]!;
      }
    }
  }
  return result;
}
