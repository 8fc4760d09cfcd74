/**
 * The Frobenius norm of a module's product from its stored factors, at about the cost of reading them. A and B are never
 * written out.
 *
 * - |B A|^2 is the inner product of the Gram matrices B^T B and A A^T.
 * - |W1 kron W2| = |W1| |W2|, where a low-rank or Tucker side goes by its Gram matrices.
 * - (W1a W1b) o (W2a W2b) is multiplied in blocks of rows (`hadamardNorm`).
 * - VeRA's shared A has one Gram matrix for all modules.
 * - The blocks of a block-diagonal factor are products of their own.
 */

import { expandProduct } from '../checkpoint/adapters/expandProduct';
import type { Product } from '../checkpoint/adapters/products';
import { euclideanNorm } from './factorNorms';
import type { FactorNorms } from './factorNorms';
import { columnGram, innerProduct, rowGram } from './gramMatrix';
import type { DenseMatrix } from './gramMatrix';
import { hadamardNorm } from './hadamardNorm';
import type { GramCache, StoredProduct } from './storedProduct';

/** Reads one input of a product as a row-major matrix in float64. */
type ReadInput = (part: string) => Promise<Float64Array>;

/** The norms of scaling * B * A and, if the product is a pair as it is stored, of both halves. Rejects as `read` does. */
export async function productNorms({ product, scaling, read, shared }: StoredProduct): Promise<FactorNorms> {
  const delta = Math.abs(scaling) * (await productNorm(product, read, shared));
  if (product.recipe !== 'plain') return { a: null, b: null, delta };
  return { a: euclideanNorm(await read('a')), b: euclideanNorm(await read('b')), delta };
}

/** The norm without the scaling; NaN if a factor holds NaN. */
async function productNorm(product: Product, read: ReadInput, shared: GramCache): Promise<number> {
  const get = async (part: string): Promise<DenseMatrix> => {
    const { rows, columns } = product.inputs.get(part)!.layout;
    return { rows, columns, data: await read(part) };
  };
  switch (product.recipe) {
    case 'plain':
      return pairNorm(await get('a'), await get('b'));
    case 'diagonal':
    case 'delora':
      return expandedNorm(product, read);
    case 'vera':
      return veraNorm(product, read, shared);
    case 'mid':
      return root(tuckerSquare(columnGram(await get('b')), rowGram(await get('a')), await get('mid')));
    case 'blocksA':
    case 'blocksB':
      return blocksNorm(product, await get('a'), await get('b'));
    case 'kronecker':
      return (await kroneckerSide(product, 'w1', get)) * (await kroneckerSide(product, 'w2', get));
    case 'hadamard': {
      const side = async (n: '1' | '2') => ({
        left: await get(`w${n}_a`),
        right: await get(`w${n}_b`),
        kernel: product.inputs.has(`t${n}`) ? await get(`t${n}`) : null,
      });
      return hadamardNorm(await side('1'), await side('2'));
    }
  }
}

function pairNorm(a: DenseMatrix, b: DenseMatrix): number {
  return root(innerProduct(rowGram(a), columnGram(b)));
}

/** Rounding may turn a sum of 0 slightly negative. A NaN stays NaN. */
function root(square: number): number {
  return square < 0 ? 0 : Math.sqrt(square);
}

/** The norm of products whose A, put together, is as large as the stored one. */
async function expandedNorm(product: Product, read: ReadInput): Promise<number> {
  const inputs = new Map<string, Float64Array>();
  for (const part of product.inputs.keys()) inputs.set(part, await read(part));
  const { a, b } = expandProduct(product, inputs);
  const { rank, inFeatures, outFeatures } = product;
  return pairNorm({ rows: rank, columns: inFeatures, data: a }, { rows: outFeatures, columns: rank, data: b });
}

/** |diag(b) B diag(d) A|^2 is the inner product of B^T diag(b)^2 B and diag(d) A A^T diag(d). */
async function veraNorm(product: Product, read: ReadInput, shared: GramCache): Promise<number> {
  const { rank, inFeatures, outFeatures } = product;
  const gram = await shared('a', async () => rowGram({ rows: rank, columns: inFeatures, data: await read('a') }));
  const [b, rowScales, rankScales] = [await read('b'), await read('lambda_b'), await read('lambda_d')];
  const scaled = new Float64Array(b.length);
  for (let i = 0; i < outFeatures; i++)
    for (let k = 0; k < rank; k++) scaled[i * rank + k] = b[i * rank + k]! * rowScales[i]! * rankScales[k]!;
  return root(innerProduct(gram, columnGram({ rows: outFeatures, columns: rank, data: scaled })));
}

/** Each block of a block-diagonal factor meets its own part of the other factor, and the results do not overlap. */
function blocksNorm({ recipe, rank, inFeatures }: Product, a: DenseMatrix, b: DenseMatrix): number {
  const blocks = recipe === 'blocksA' ? inFeatures / a.columns : rank / b.columns;
  const ranks = rank / blocks;
  const outputs = b.rows / blocks;
  let square = 0;
  for (let block = 0; block < blocks; block++) {
    const ownA = {
      ...a,
      rows: ranks,
      data: a.data.subarray(block * ranks * a.columns, (block + 1) * ranks * a.columns),
    };
    const ownB =
      recipe === 'blocksA'
        ? columnsOf(b, block * ranks, ranks)
        : {
            ...b,
            rows: outputs,
            data: b.data.subarray(block * outputs * b.columns, (block + 1) * outputs * b.columns),
          };
    square += pairNorm(ownA, ownB) ** 2;
  }
  return Math.sqrt(square);
}

function columnsOf({ rows, columns, data }: DenseMatrix, first: number, count: number): DenseMatrix {
  const part = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) part.set(data.subarray(i * columns + first, i * columns + first + count), i * count);
  return { rows, columns: count, data: part };
}

async function kroneckerSide(
  { inputs }: Product,
  side: 'w1' | 'w2',
  get: (part: string) => Promise<DenseMatrix>,
): Promise<number> {
  if (inputs.has(side)) return euclideanNorm((await get(side)).data);
  const left = await get(`${side}_a`);
  const right = await get(`${side}_b`);
  if (side === 'w2' && inputs.has('t2')) return root(tuckerSquare(rowGram(left), rowGram(right), await get('t2')));
  return pairNorm(right, left);
}

/**
 * The squared norm of U T V for a kernel T (p, q * size), where `left` (p, p) is the Gram matrix of U's columns and
 * `right` (q, q) that of V's rows: the sum of T[p, q, k] left[p, p'] right[q, q'] T[p', q', k].
 */
function tuckerSquare(left: Float64Array, right: Float64Array, { rows: p, columns, data }: DenseMatrix): number {
  const q = Math.sqrt(right.length);
  const size = columns / q;
  let square = 0;
  const row = new Float64Array(columns);
  for (let i = 0; i < p; i++) {
    row.fill(0);
    for (let j = 0; j < p; j++) {
      const weight = left[i * p + j]!;
      for (let c = 0; c < columns; c++) row[c]! += weight * data[j * columns + c]!;
    }
    for (let s = 0; s < q; s++) {
      for (let t = 0; t < q; t++) {
        const weight = right[s * q + t]!;
        let sum = 0;
        for (let k = 0; k < size; k++) sum += data[i * columns + s * size + k]! * row[t * size + k]!;
        square += weight * sum;
      }
    }
  }
  return square;
}
