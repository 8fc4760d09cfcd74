/** The factors A and B of a checkpoint's LoRA modules: read, put together and cached in float64, or as stored bytes. */

import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import type { ExpandedFactors, Product, ProductInput } from '../checkpoint/adapters/products';
import { CheckpointError } from '../checkpoint/errors';
import type { LoraModuleInfo, StructureFactor } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import { LruCache } from '../protocol/lruCache';
import { isEngineDtype } from '../tensor/engine/dtypes';
import { MAX_DECODED_BYTES } from './checkpointTensors';
import type { CheckpointTensors } from './checkpointTensors';
import type { Factors } from './factors';
import type { MatrixReader } from './matrixReader';
import type { StoredFactors, StoredRun } from './matrixSource';
import { noLoraModule } from './notFound';
import type { StoredProduct } from './storedProduct';

/** Cached factors: a few dozen modules of a large adapter. */
const FACTOR_CACHE_BYTES = 128 * 2 ** 20;

type StructurePart = StructureFactor['part'];

/** W1 or W2 in full. */
interface Side {
  readonly data: Float64Array;
}

/** Cached inputs of shared products: VeRA's A and B of rank 256 for a width of 14,336, and their Gram matrices. */
const SHARED_CACHE_BYTES = 128 * 2 ** 20;

export class CheckpointFactors {
  private readonly cache = new LruCache<Factors>(FACTOR_CACHE_BYTES, {
    sizeOf: ({ a, b }) => a.byteLength + b.byteLength,
  });

  private readonly sharedInputs = new LruCache<Float64Array>(SHARED_CACHE_BYTES, {
    sizeOf: ({ byteLength }) => byteLength,
  });

  private lastSides: { readonly name: string; readonly sides: readonly [Side, Side] } | null = null;
  /** Tiles of one module are asked for in a row. */
  private lastStructured: { readonly name: string; readonly matrix: MatrixReader } | null = null;

  /** `modules` and `products` are those of the file's `LoraPairing`, by module name. */
  constructor(
    private readonly tensors: CheckpointTensors,
    private readonly modules: ReadonlyMap<string, LoraModuleInfo>,
    private readonly products: ReadonlyMap<string, Product>,
  ) {}

  /** Throws `CheckpointError` NotFound. */
  module(name: string): LoraModuleInfo {
    const module = this.modules.get(name);
    if (!module) throw noLoraModule(name);
    return module;
  }

  /** Throws `CheckpointError` NotFound, or Unreadable if the module's change is not a product. */
  product(name: string): Product {
    const { unavailable } = this.module(name);
    const product = this.products.get(name);
    if (!product) throw new CheckpointError('Unreadable', `${quoted(name)}: ${unavailable ?? 'no product'}`, name);
    return product;
  }

  /** The names of the tensors that the product is computed from; empty if there is no product. */
  inputs(name: string): readonly string[] {
    return [...(this.products.get(name)?.inputs.values() ?? [])].map(({ tensor }) => tensor);
  }

  /** Rejects with what `product` throws, with `CheckpointError` TooLarge, or with what reading rejects with. */
  async read(name: string, signal?: AbortSignal): Promise<Factors> {
    const cached = this.cache.get(name);
    if (cached) return cached;
    const { rank, inFeatures, outFeatures, scaling } = this.module(name);
    const product = this.product(name);
    const bytes = 8 * rank * (inFeatures + outFeatures);
    if (bytes > MAX_DECODED_BYTES) {
      const message = `${quoted(name)}: the factors take ${bytes} bytes, at most ${MAX_DECODED_BYTES} are held`;
      throw new CheckpointError('TooLarge', message, name);
    }
    const inputs = await this.allInputs(product, signal);
    const factors: Factors = { rank, inFeatures, outFeatures, scaling, ...(await factorsOf(product, inputs)) };
    this.cache.set(name, factors);
    return factors;
  }

  /** The change of a LoKr or LoHa module, computed from its own factors. Rejects as `read` does. */
  async structured(name: string, signal?: AbortSignal): Promise<MatrixReader> {
    const known = this.lastStructured;
    if (known?.name === name) return known.matrix;
    const product = this.product(name);
    const inputs = await this.allInputs(product, signal);
    const { structuredDelta } = await import('./structuredProducts.js');
    const matrix = structuredDelta(product, this.module(name).scaling, inputs);
    this.lastStructured = { name, matrix };
    return matrix;
  }

  /** One factor of a LoKr or LoHa module, row-major in float64. Rejects as `read` does. */
  async structureFactor(name: string, part: StructurePart, signal?: AbortSignal): Promise<Float64Array> {
    const product = this.product(name);
    if (product.inputs.has(part)) return this.input(product, part, signal);
    if (part !== 'w1' && part !== 'w2') throw noLoraModule(name);
    if (this.lastSides?.name !== name) {
      const { kroneckerSides } = await import('./structuredProducts.js');
      this.lastSides = { name, sides: kroneckerSides(product, await this.allInputs(product, signal)) };
    }
    return this.lastSides.sides[part === 'w1' ? 0 : 1].data;
  }

  /** Both sides of a Kronecker product, each as A and B; `null` for other products. Rejects as `read` does. */
  async kroneckerFactors(name: string, signal?: AbortSignal): Promise<readonly [Factors, Factors] | null> {
    const product = this.product(name);
    if (product.recipe !== 'kronecker') return null;
    const { kroneckerFactors } = await import('./structuredProducts.js');
    return kroneckerFactors(product, await this.allInputs(product, signal));
  }

  private async allInputs(product: Product, signal?: AbortSignal): Promise<Map<string, Float64Array>> {
    const inputs = new Map<string, Float64Array>();
    for (const part of product.inputs.keys()) inputs.set(part, await this.input(product, part, signal));
    return inputs;
  }

  /**
   * A module's product with its inputs as the file stores them, for what needs no factors written out. Throws as
   * `product` does; reading rejects as `read` does.
   */
  stored64(name: string, signal?: AbortSignal): StoredProduct {
    const { scaling } = this.module(name);
    const product = this.product(name);
    const held = new Map<string, Float64Array>();
    return {
      product,
      scaling,
      read: async (part) => {
        const known = held.get(part);
        if (known) return known;
        const values = await this.input(product, part, signal);
        held.set(part, values);
        return values;
      },
      shared: (part, make) => this.sharedGram(product.inputs.get(part)!, make),
    };
  }

  /** The factors as runs of bytes in the file, or `null` if they have to be put together. Throws as `module` does. */
  stored(name: string): StoredFactors | null {
    const { rank, inFeatures, outFeatures, scaling } = this.module(name);
    const product = this.products.get(name);
    if (product?.recipe !== 'plain') return null;
    const run = (part: 'a' | 'b'): StoredRun | null => {
      const { tensor, layout } = product.inputs.get(part)!;
      return this.storedRun(tensor, layout);
    };
    const [a, b] = [run('a'), run('b')];
    return a && b && { rank, inFeatures, outFeatures, scaling, a, b };
  }

  clear(): void {
    this.cache.clear();
    this.sharedInputs.clear();
    this.lastStructured = null;
    this.lastSides = null;
  }

  /** One input of a product. Those that VeRA's modules share are kept. */
  private async input({ recipe, inputs }: Product, part: string, signal?: AbortSignal): Promise<Float64Array> {
    const { tensor, layout } = inputs.get(part)!;
    const bytes = 8 * layout.rows * layout.columns;
    if (bytes > MAX_DECODED_BYTES) {
      const message = `${quoted(tensor)}: the factor takes ${bytes} bytes, at most ${MAX_DECODED_BYTES} are held`;
      throw new CheckpointError('TooLarge', message, tensor);
    }
    if (recipe !== 'vera') return this.readMatrix(tensor, layout, signal);
    const key = keyOf(inputs.get(part)!);
    const known = this.sharedInputs.get(key);
    if (known) return known;
    const values = await this.readMatrix(tensor, layout, signal);
    this.sharedInputs.set(key, values);
    return values;
  }

  private async sharedGram(input: ProductInput, make: () => Promise<Float64Array>): Promise<Float64Array> {
    const key = `${keyOf(input)} gram`;
    const known = this.sharedInputs.get(key);
    if (known) return known;
    const gram = await make();
    this.sharedInputs.set(key, gram);
    return gram;
  }

  private storedRun(name: string, layout: MatrixLayout): StoredRun | null {
    const tensor = this.tensors.get(name);
    const byteLength = (layout.rows * layout.columns * tensor.bits) / 8;
    const inPlace = isContiguous(layout) && isEngineDtype(tensor.dtype);
    if (!inPlace || byteLength > MAX_DECODED_BYTES) return null;
    return {
      dtype: tensor.dtype,
      byteLength,
      readInto: (target, signal) => tensor.readInto(layout.offset, target, signal),
    };
  }

  private async readMatrix(name: string, layout: MatrixLayout, signal?: AbortSignal): Promise<Float64Array> {
    const { rows, columns, offset, rowStride, columnStride } = layout;
    if (isContiguous(layout)) return Float64Array.from(await this.tensors.values(name, offset, rows * columns, signal));
    const values = await this.tensors.whole(name, signal);
    const matrix = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      const first = offset + i * rowStride;
      for (let j = 0; j < columns; j++) matrix[i * columns + j] = values[first + j * columnStride]!;
    }
    return matrix;
  }
}

/** The code for products that are not stored as A and B loads with the first of them. */
async function factorsOf(product: Product, inputs: ReadonlyMap<string, Float64Array>): Promise<ExpandedFactors> {
  if (product.recipe === 'plain') return { a: inputs.get('a')!, b: inputs.get('b')! };
  const { expandProduct } = await import('./structuredProducts.js');
  return expandProduct(product, inputs);
}

function keyOf({ tensor, layout }: ProductInput): string {
  return JSON.stringify([tensor, layout.rows, layout.columns, layout.offset]);
}

function isContiguous({ columns, rowStride, columnStride }: MatrixLayout): boolean {
  return columnStride === 1 && rowStride === columns;
}
