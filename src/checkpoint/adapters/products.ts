/**
 * Plans how to compute the change of a module's weight, for every method whose change is a product. The plan comes from
 * the header alone and lists the tensors to read; `expandProduct` turns their values into A (rank, inFeatures) and
 * B (outFeatures, rank) with change = scaling * B * A. Other products are rewritten in this form:
 *
 * - AdaLoRA and KaSA: B diag(e) A, with the diagonal multiplied into A.
 * - LoHa: the elementwise (W1a W1b) o (W2a W2b) is one product of rank r^2, whose columns are all elementwise products
 *   of a column of W1a and one of W2a (the Khatri-Rao product).
 * - LoKr: kron(B1 A1, B2 A2) = kron(B1, B2) kron(A1, A2).
 * - VeRA: diag(b) B diag(d) A with B and A frozen and shared by all modules.
 * - DeLoRA: B diag(lambda / r / (|A_k| |B_k|)) A diag(norms of W's columns).
 * - BD-LoRA and loralib's MergedLinear: a block-diagonal factor, stored without the zeros.
 * - LoCon: up, kernel and down of a convolution, with the kernel multiplied into down.
 */

import type { ProductStructure, StructureFactor } from '../sourceDescription';
import type { AdapterPart } from './adapterPart';
import { quoted } from '../../peftConfig/quoted';
import { factorLayout, rowMajor } from './factorLayout';
import type { MatrixLayout } from './factorLayout';
import type { TensorEntry } from '../header';

export type Recipe =
  'plain' | 'diagonal' | 'mid' | 'blocksA' | 'blocksB' | 'hadamard' | 'kronecker' | 'vera' | 'delora';

export interface ProductInput {
  readonly tensor: string;
  readonly layout: MatrixLayout;
}

export interface Product {
  readonly recipe: Recipe;
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Inputs by part. If the recipe is 'plain', they are A and B themselves. */
  readonly inputs: ReadonlyMap<string, ProductInput>;
  /** True if A and B are not stored as they are, 2-D and row-major. */
  readonly reshaped: boolean;
  /** The method's formula for users; absent for plain B * A. */
  readonly formula?: string;
  readonly structure?: ProductStructure;
}

/** A product, or the reason why the change is not available as one. */
export type Planned =
  | { readonly product: Product }
  /** `unsaved` if the method deliberately leaves a part out of its files: the file is not at fault. */
  | { readonly unavailable: string; readonly unsaved?: true };

export interface ExpandedFactors {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

class Unavailable extends Error {
  constructor(
    message: string,
    readonly unsaved = false,
  ) {
    super(message);
  }
}

/**
 * `shared` holds the tensors shared by all modules. `blocksOfB` allows a block-diagonal B to be stored without its
 * zeros, with fewer columns than A has rows.
 */
export function planProduct(part: AdapterPart, shared: AdapterPart | undefined, blocksOfB = false): Planned {
  const { tensors } = part;
  try {
    if (part.method === 'LOHA') return { product: planHadamard(part) };
    if (part.method === 'LOKR') return { product: planKronecker(part) };
    if (part.method === 'VERA' || part.method === 'PVERA') return { product: planVera(part, shared) };
    if (part.method === 'DELORA') return { product: planDelora(part) };
    if (tensors.has('mid')) return { product: planMid(part) };
    return { product: planPair(part, blocksOfB) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { unavailable: error.message, ...(error.unsaved && { unsaved: true }) };
  }
}

/** Whether a part holds factors of a product. */
export function isProduct({ method, tensors }: AdapterPart): boolean {
  if (method === 'LOHA' || method === 'LOKR') return true;
  if (method === 'VERA' || method === 'PVERA') return tensors.has('lambda_b');
  return ['LORA', 'ADALORA', 'DELORA'].includes(method) && (tensors.has('a') || tensors.has('b'));
}

function planPair(part: AdapterPart, blocksOfB: boolean): Product {
  const stored = half(part, 'a', 'the A half (down) is missing');
  const b = half(part, 'b', 'the B half (up) is missing');
  // llama.cpp looks up rows of an embedding's A, so it stores that of token_embd as (vocabulary, rank).
  const turned =
    part.style === 'gguf' && stored.layout.rows !== b.layout.columns && stored.layout.columns === b.layout.columns;
  const a = turned ? transposed(stored) : stored;
  if (part.method === 'ADALORA' && a.layout.rows === 0 && b.layout.columns === 0)
    throw new Unavailable('AdaLoRA pruned it to rank 0: it changes nothing', true);
  const inner = part.tensors.get('inner');
  // loralib's MergedLinear, BD-LoRA and PEFT's grouped convolutions store a block-diagonal B without its zeros.
  const blocks = a.layout.rows / b.layout.columns;
  if (blocks !== 1) {
    const fits = Number.isInteger(blocks) && b.layout.rows % blocks === 0 && !inner;
    const grouped = fits && (b.reshaped ? part.style === 'peft' : blocksOfB);
    if (!grouped) throw ranksDiffer(a.layout, b.layout);
    return made(
      'blocksB',
      a.layout.rows,
      a.layout.columns,
      b.layout.rows,
      { a, b },
      `B in ${blocks} blocks on its diagonal`,
    );
  }
  notEmpty(a.layout.rows, a.layout.columns, b.layout.rows);
  const rank = a.layout.rows;
  if (!inner) {
    const product = made('plain', rank, a.layout.columns, b.layout.rows, { a, b });
    return { ...product, reshaped: a.reshaped || b.reshaped };
  }
  const diagonal = vector(part, 'inner', rank);
  const what = part.method === 'ADALORA' ? 'E: singular values' : 'the diagonal';
  return made(
    'diagonal',
    rank,
    a.layout.columns,
    b.layout.rows,
    { a, b, inner: diagonal },
    `B · diag(E) · A, with ${what}, multiplied into A`,
  );
}

/** The product if A is stored in blocks as (rank, inFeatures / blocks). Only the config shows whether it is. */
export function withBlocksOfA(product: Product, blocks: number): Product {
  return {
    ...product,
    recipe: 'blocksA',
    inFeatures: product.inFeatures * blocks,
    reshaped: true,
    formula: `A in ${blocks} blocks on its diagonal`,
  };
}

function planMid(part: AdapterPart): Product {
  const down = half(part, 'a', 'the A half (down) is missing');
  const up = half(part, 'b', 'the B half (up) is missing');
  const { entry } = readable(part, 'mid');
  const [p = 0, q = 0, ...kernel] = entry.shape;
  const size = kernel.reduce((product, side) => product * side, 1);
  const fits = p === up.layout.columns && q === down.layout.rows;
  if (!fits) throw new Unavailable(`the kernel has shape [${entry.shape.join(', ')}], expected rank by rank first`);
  const mid = { tensor: entry.name, layout: rowMajor(p, q * size) };
  return made(
    'mid',
    p,
    down.layout.columns * size,
    up.layout.rows,
    { a: down, mid, b: up },
    'up · kernel · down, the kernel multiplied into A',
  );
}

function planHadamard(part: AdapterPart): Product {
  const cp = part.tensors.has('t1') || part.tensors.has('t2');
  const inputs: Record<string, ProductInput> = {};
  const sides = (['w1', 'w2'] as const).map((side) => {
    const left = flat(part, `${side}_a`);
    const right = flat(part, `${side}_b`);
    Object.assign(inputs, { [`${side}_a`]: left, [`${side}_b`]: right });
    if (!cp) {
      if (left.layout.columns !== right.layout.rows) throw ranksDiffer(right.layout, left.layout);
      return { rank: right.layout.rows, columns: right.layout.columns, rows: left.layout.rows };
    }
    const kernel = flat(part, side === 'w1' ? 't1' : 't2');
    inputs[side === 'w1' ? 't1' : 't2'] = kernel;
    const rank = kernel.layout.rows;
    const size = kernel.layout.columns / right.layout.rows;
    if (left.layout.rows !== rank || !Number.isInteger(size)) throw ranksDiffer(right.layout, left.layout);
    return { rank, columns: right.layout.columns * size, rows: left.layout.columns };
  });
  const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]];
  if (first.rows !== second.rows || first.columns !== second.columns)
    throw new Unavailable(`the products are ${first.rows} x ${first.columns} and ${second.rows} x ${second.columns}`);
  const ranks = second.rank === first.rank ? first.rank : `${first.rank} and ${second.rank}`;
  const formula = `(W1a · W1b) ∘ (W2a · W2b) with rank ${ranks}`;
  const product = made('hadamard', first.rank * second.rank, first.columns, first.rows, inputs, formula);
  const factors = (['w1_a', 'w1_b', 'w2_a', 'w2_b'] as const).map((key): StructureFactor => {
    const { tensor, layout } = inputs[key]!;
    return { part: key, tensor, rows: layout.rows, columns: layout.columns };
  });
  return { ...product, structure: { kind: 'hadamard', factors } };
}

function planKronecker(part: AdapterPart): Product {
  const inputs: Record<string, ProductInput> = {};
  const sides = (['w1', 'w2'] as const).map((side) => {
    if (part.tensors.has(side)) {
      const whole = flat(part, side);
      inputs[side] = whole;
      return {
        rows: whole.layout.rows,
        columns: whole.layout.columns,
        rank: Math.min(whole.layout.rows, whole.layout.columns),
      };
    }
    const left = flat(part, `${side}_a`);
    const right = flat(part, `${side}_b`);
    Object.assign(inputs, { [`${side}_a`]: left, [`${side}_b`]: right });
    if (side === 'w2' && part.tensors.has('t2')) {
      const kernel = flat(part, 't2');
      inputs['t2'] = kernel;
      const size = kernel.layout.columns / right.layout.rows;
      if (left.layout.rows !== kernel.layout.rows || !Number.isInteger(size))
        throw ranksDiffer(right.layout, left.layout);
      return { rows: left.layout.columns, columns: right.layout.columns * size, rank: kernel.layout.rows };
    }
    if (left.layout.columns !== right.layout.rows) throw ranksDiffer(right.layout, left.layout);
    return { rows: left.layout.rows, columns: right.layout.columns, rank: right.layout.rows };
  });
  const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const sizes = `${first.rows} x ${first.columns} by ${second.rows} x ${second.columns}`;
  const product = made(
    'kronecker',
    first.rank * second.rank,
    first.columns * second.columns,
    first.rows * second.rows,
    inputs,
    `W1 ⊗ W2, ${sizes}`,
  );
  const factors = (['w1', 'w2'] as const).map((key, i): StructureFactor => {
    const { rows, columns } = sides[i]!;
    const tensor = inputs[key]?.tensor;
    return { part: key, ...(tensor !== undefined && { tensor }), rows, columns };
  });
  return { ...product, structure: { kind: 'kronecker', factors } };
}

function planVera(part: AdapterPart, shared: AdapterPart | undefined): Product {
  const a = shared?.tensors.get('shared_A')?.entry;
  const b = shared?.tensors.get('shared_B')?.entry;
  if (!shared || !a || !b)
    throw new Unavailable(
      'the frozen projections A and B are not in the file (save_projection is off): they come from the seed',
      true,
    );
  const [rows = 0, inFeatures = 0] = readable(shared, 'shared_A').entry.shape;
  const [outAtMost = 0, rank = 0] = readable(shared, 'shared_B').entry.shape;
  const out = part.tensors.get('lambda_b')!.entry.shape[0] ?? 0;
  if (out > outAtMost || rows < rank)
    throw new Unavailable(`the projection B has ${outAtMost} rows, the module ${out}`);
  const inputs = {
    a: { tensor: a.name, layout: rowMajor(rank, inFeatures) },
    b: { tensor: b.name, layout: rowMajor(out, rank) },
    lambda_b: vector(part, 'lambda_b', out),
    // PVeRA stores the mean, then the log-variance, which merging ignores.
    lambda_d: vector(part, 'lambda_d', rank, part.method === 'PVERA' ? 2 * rank : rank),
  };
  const mean = part.method === 'PVERA' ? ' at the mean' : '';
  return made(
    'vera',
    rank,
    inFeatures,
    out,
    inputs,
    `diag(b) · B · diag(d) · A${mean}; the input's width is that of the shared A`,
  );
}

function planDelora(part: AdapterPart): Product {
  const a = half(part, 'a', 'the A half (down) is missing');
  const b = half(part, 'b', 'the B half (up) is missing');
  if (a.layout.rows !== b.layout.columns) throw ranksDiffer(a.layout, b.layout);
  const inputs = { a, b, lambda: vector(part, 'lambda', 1), w_norm: vector(part, 'w_norm', a.layout.columns) };
  const formula = 'B · diag(λ / r / (|A| |B|)) · A · diag(|W|), written out as B · A';
  return made('delora', a.layout.rows, a.layout.columns, b.layout.rows, inputs, formula);
}

function made(
  recipe: Recipe,
  rank: number,
  inFeatures: number,
  outFeatures: number,
  inputs: Readonly<Record<string, ProductInput>>,
  formula?: string,
): Product {
  notEmpty(rank, inFeatures, outFeatures);
  const stored = new Map(Object.entries(inputs).map(([key, { tensor, layout }]) => [key, { tensor, layout }]));
  return { recipe, rank, inFeatures, outFeatures, inputs: stored, reshaped: true, ...(formula && { formula }) };
}

function notEmpty(...sizes: readonly number[]): void {
  if (sizes.some((size) => size === 0)) throw new Unavailable('a factor has no entries');
}

function ranksDiffer(a: MatrixLayout, b: MatrixLayout): Unavailable {
  return new Unavailable(`the ranks differ: A has ${a.rows} rows, B has ${b.columns} columns`);
}

function readable(
  { tensors }: AdapterPart,
  key: string,
  missing = `the tensor ${key} is missing`,
): { entry: TensorEntry } {
  const found = tensors.get(key);
  if (!found) throw new Unavailable(missing);
  if (!found.entry.readable) throw new Unavailable(`the data of ${quoted(found.entry.name)} is missing or damaged`);
  return found;
}

function half(part: AdapterPart, key: 'a' | 'b', missing: string): ProductInput & { readonly reshaped: boolean } {
  const { entry } = readable(part, key, missing);
  const layout = factorLayout(part.style, key, entry.shape);
  if (layout) return { tensor: entry.name, layout, reshaped: layout.reshaped };
  throw new Unavailable(`${key.toUpperCase()} has shape [${entry.shape.join(', ')}], which is not a matrix`);
}

function transposed({ tensor, layout }: ProductInput): ProductInput & { readonly reshaped: boolean } {
  const { rows, columns, offset } = layout;
  const turned = { rows: columns, columns: rows, offset, rowStride: 1, columnStride: columns };
  return { tensor, layout: turned, reshaped: true };
}

/** The first dimension as rows, all others as columns. */
function flat(part: AdapterPart, key: string): ProductInput {
  const { entry } = readable(part, key);
  const [rows = 0, ...others] = entry.shape;
  if (others.length === 0) throw new Unavailable(`${key} has shape [${entry.shape.join(', ')}], which is not a matrix`);
  return {
    tensor: entry.name,
    layout: rowMajor(
      rows,
      others.reduce((product, size) => product * size, 1),
    ),
  };
}

function vector(part: AdapterPart, key: string, length: number, stored = length): ProductInput {
  const { entry } = readable(part, key);
  const size = entry.shape.reduce((product, side) => product * side, 1);
  if (size !== stored) throw new Unavailable(`${quoted(entry.name)} has ${size} entries, expected ${stored}`);
  return { tensor: entry.name, layout: rowMajor(1, length) };
}
