/** An opened checkpoint: its header in memory, everything else read as it is asked for. */

import { MAX_CONFIG_BYTES, parseAdapterConfig } from '../peftConfig/adapterConfig';
import { decodeValues, undecodable, valuesFor } from '../checkpoint/dtypes';
import type { Values } from '../checkpoint/dtypes';
import { describeCheckpoint } from '../checkpoint/describe';
import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';
import { entriesLayout, sliceLayout } from '../checkpoint/adapters/factorLayout';
import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import { collectParts, scalarTensors } from '../checkpoint/adapters/adapterParts';
import type { AdapterParts } from '../checkpoint/adapters/adapterParts';
import { expandProduct } from '../checkpoint/adapters/expandProduct';
import { configOfMetadata } from '../checkpoint/adapters/metadataConfig';
import { pairLora } from '../checkpoint/adapters/loraPairs';
import type { LoraPairing } from '../checkpoint/adapters/loraPairs';
import { describePrompts, prefixLayout } from '../checkpoint/adapters/promptTensors';
import type { TensorEntry } from '../checkpoint/header';
import type { MatrixRef } from '../protocol/matrix';
import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import { isEngineDtype } from '../tensor/engine/dtypes';
import { ByteLru } from '../checkpoint/byteLru';
import { DeltaMatrix, MergedMatrix } from './deltaMatrix';
import type { Factors } from './factors';
import type { FileAccess } from '../checkpoint/fileAccess';
import type { MatrixSource, StoredFactors, StoredRun } from './matrixSource';
import type { MatrixReader } from './matrixReader';
import { MemoryMatrix } from './memoryMatrix';
import { openFiles } from './openFiles';
import type { OpenedFiles } from './openFiles';
import { StoredMatrix } from './storedMatrix';
import type { StoredTensor } from './storedMatrix';

/** Factors kept decoded: a few dozen modules of a large adapter. */
const FACTOR_CACHE_BYTES = 128 * 2 ** 20;
/** Factors of one module, decoded. A rank-256 pair on a vocabulary of 150,000 has 315 MB. */
const MAX_FACTOR_BYTES = 512 * 2 ** 20;
/** A whole tensor kept beside the factors: the stacked experts of one layer. */
const KEPT_WHOLE_BYTES = 64 * 2 ** 20;
/** Alphas and scales read one by one at opening; more modules than this no adapter has. */
const MAX_SCALARS = 10_000;

/** Rejects with `CheckpointError` where nothing of the file can be shown. */
export async function openCheckpoint(files: FileAccess, path: string, signal?: AbortSignal): Promise<MatrixSource> {
  const opened = await openFiles(files, path, signal);
  try {
    const { header, facts } = opened;
    const parts = collectParts(header.tensors);
    const config = belongsToAdapter(facts.name, parts)
      ? await files.readBeside(path, 'adapter_config.json', MAX_CONFIG_BYTES, signal)
      : null;
    const parsed = config === null ? configOfMetadata(header.metadata) : parseAdapterConfig(config);
    const lora = pairLora(header.tensors, parsed, await readScalars(opened, parts, signal), parts, header.loraAlpha);
    const prompts = describePrompts(header.tensors, parsed);
    const description = describeCheckpoint(facts, header, parsed, parts, lora, prompts);
    return new CheckpointSource(opened, lora, description);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** A base model may lie in the same folder as an adapter's config, which then says nothing about it. */
function belongsToAdapter(name: string, { parts }: AdapterParts): boolean {
  return !/^model|\.index\.json$|\.gguf$/i.test(name) || parts.length > 0;
}

async function readScalars(
  opened: OpenedFiles,
  parts: AdapterParts,
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const scalars = new Map<string, number>();
  for (const entry of scalarTensors(parts).slice(0, MAX_SCALARS)) {
    if (undecodable(entry.dtype) === null)
      scalars.set(entry.name, (await opened.tensor(entry).entryAt(0, signal)).value);
  }
  return scalars;
}

/** A factor that is stored nowhere as it is. */
function computedMatrix(values: Float64Array, layout: MatrixLayout): MemoryMatrix {
  return new MemoryMatrix(values, layout, 'computed', async (row, column) => {
    const value = values[row * layout.columns + column]!;
    return { value, text: String(value), index: [row, column] };
  });
}

class CheckpointSource implements MatrixSource {
  private readonly entries: ReadonlyMap<string, TensorEntry>;
  private readonly modules: ReadonlyMap<string, LoraModuleInfo>;
  private readonly kept = new ByteLru<Factors>(FACTOR_CACHE_BYTES);
  private whole: { readonly name: string; readonly values: Values } | null = null;

  constructor(
    private readonly opened: OpenedFiles,
    private readonly lora: LoraPairing,
    readonly description: SourceDescription,
  ) {
    this.entries = new Map(opened.header.tensors.map((entry) => [entry.name, entry]));
    this.modules = new Map(lora.modules.map((module) => [module.module, module]));
  }

  async matrix(ref: MatrixRef, signal?: AbortSignal): Promise<MatrixReader> {
    switch (ref.kind) {
      case 'tensor':
        return ref.transposed ? this.transposedMatrix(ref.name, signal) : this.tensorMatrix(ref.name, ref.slice);
      case 'entries': {
        const tensor = this.tensor(ref.name);
        return new StoredMatrix(tensor, entriesLayout(tensor.entry.shape));
      }
      case 'prefix':
        return this.prefixMatrix(ref);
      case 'factor':
        return this.factorMatrix(ref.module, ref.part, signal);
      case 'delta':
        return new DeltaMatrix(await this.factors(ref.module, undefined, signal));
      case 'merged': {
        const { weight } = this.module(ref.module);
        if (weight === undefined)
          throw new CheckpointError(
            'NotFound',
            `the frozen weight of ${quoted(ref.module)} is not in this file`,
            ref.module,
          );
        return new MergedMatrix(this.tensorMatrix(weight), await this.factors(ref.module, undefined, signal));
      }
    }
  }

  async factors(module: string, _step?: number, signal?: AbortSignal): Promise<Factors> {
    const kept = this.kept.get(module);
    if (kept) return kept;
    const info = this.module(module);
    const product = this.lora.products.get(module);
    if (!product)
      throw new CheckpointError('Unreadable', `${quoted(module)}: ${info.unavailable ?? 'no product'}`, module);
    const bytes = 8 * info.rank * (info.inFeatures + info.outFeatures);
    if (bytes > MAX_FACTOR_BYTES) {
      throw new CheckpointError(
        'TooLarge',
        `${quoted(module)}: the factors take ${bytes} bytes, at most ${MAX_FACTOR_BYTES} are held`,
        module,
      );
    }
    const read = new Map<string, Float64Array>();
    for (const [part, { tensor, layout }] of product.inputs)
      read.set(part, await this.readFactor(tensor, layout, signal));
    const { rank, inFeatures, outFeatures, scaling } = info;
    const factors: Factors = { rank, inFeatures, outFeatures, scaling, ...expandProduct(product, read) };
    this.kept.set(module, factors, bytes);
    return factors;
  }

  storedFactors(module: string): StoredFactors | null {
    const { rank, inFeatures, outFeatures, scaling } = this.module(module);
    const product = this.lora.products.get(module);
    if (product?.recipe !== 'plain') return null;
    const run = (part: 'a' | 'b'): StoredRun | null => {
      const { tensor, layout } = product.inputs.get(part)!;
      return this.storedRun(tensor, layout);
    };
    const [a, b] = [run('a'), run('b')];
    return a && b && { rank, inFeatures, outFeatures, scaling, a, b };
  }

  async close(): Promise<void> {
    this.kept.clear();
    this.whole = null;
    await this.opened.close();
  }

  private tensorMatrix(name: string, slice?: readonly number[]): StoredMatrix {
    const tensor = this.tensor(name);
    const layout = sliceLayout(tensor.entry.shape, slice);
    if (layout) return new StoredMatrix(tensor, layout);
    const shape = tensor.entry.shape.join(', ');
    throw new CheckpointError(
      'NotFound',
      `tensor ${quoted(name)} of shape [${shape}] has no slice [${slice?.join(', ')}]`,
      name,
    );
  }

  /** A 2-D tensor with rows for columns, held whole: a projection of an adapter. */
  private async transposedMatrix(name: string, signal?: AbortSignal): Promise<MatrixReader> {
    const tensor = this.tensor(name);
    const { shape } = tensor.entry;
    if (shape.length !== 2)
      throw new CheckpointError('NotFound', `tensor ${quoted(name)} of shape [${shape.join(', ')}] is no matrix`, name);
    const [columns, rows] = shape as readonly [number, number];
    const values = await this.readWhole(name, signal);
    const layout: MatrixLayout = { rows, columns, offset: 0, rowStride: 1, columnStride: rows };
    return new MemoryMatrix(values, layout, tensor.dtype, (row, column, cellSignal) =>
      tensor.entryAt(column * rows + row, cellSignal),
    );
  }

  private prefixMatrix({ module, layer, part, gradient }: MatrixRef & { kind: 'prefix' }): StoredMatrix {
    const prefix = this.description.prefixes.find((found) => found.module === module);
    const layout = prefix && !gradient ? prefixLayout(prefix, layer, part) : null;
    if (layout) return new StoredMatrix(this.tensor(module), layout);
    throw new CheckpointError('NotFound', `there is no ${part} prefix of layer ${layer} in ${quoted(module)}`, module);
  }

  private async factorMatrix(module: string, part: 'a' | 'b', signal?: AbortSignal): Promise<MatrixReader> {
    const factors = await this.factors(module, undefined, signal);
    const { rank, inFeatures, outFeatures, recipe, inputs } = this.lora.products.get(module)!;
    const [rows, columns] = part === 'a' ? [rank, inFeatures] : [outFeatures, rank];
    const layout: MatrixLayout = { rows, columns, offset: 0, rowStride: columns, columnStride: 1 };
    const values = factors[part];
    if (recipe !== 'plain') return computedMatrix(values, layout);
    const { tensor: name, layout: stored } = inputs.get(part)!;
    const tensor = this.tensor(name);
    return new MemoryMatrix(values, layout, tensor.dtype, (row, column, cellSignal) =>
      tensor.entryAt(stored.offset + row * stored.rowStride + column * stored.columnStride, cellSignal),
    );
  }

  private storedRun(name: string, { rows, columns, offset, rowStride, columnStride }: MatrixLayout): StoredRun | null {
    const tensor = this.tensor(name);
    const byteLength = (rows * columns * tensor.bits) / 8;
    const inPlace = columnStride === 1 && rowStride === columns && isEngineDtype(tensor.dtype);
    if (!inPlace || byteLength > MAX_FACTOR_BYTES) return null;
    return { dtype: tensor.dtype, byteLength, readInto: (target, signal) => tensor.readInto(offset, target, signal) };
  }

  private async readFactor(name: string, layout: MatrixLayout, signal?: AbortSignal): Promise<Float64Array> {
    const { rows, columns, offset, rowStride, columnStride } = layout;
    if (columnStride === 1 && rowStride === columns)
      return Float64Array.from(await this.readValues(name, offset, rows * columns, signal));
    const values = await this.readWhole(name, signal);
    const factor = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      const first = offset + i * rowStride;
      for (let j = 0; j < columns; j++) factor[i * columns + j] = values[first + j * columnStride]!;
    }
    return factor;
  }

  private async readValues(name: string, first: number, count: number, signal?: AbortSignal): Promise<Values> {
    const tensor = this.tensor(name);
    const { bytes, skip } = await tensor.read(first, count, signal);
    const values = valuesFor(tensor.dtype, count);
    decodeValues(tensor.dtype, bytes, values, skip);
    return values;
  }

  /** A tensor that is not read row by row. The last one is kept: the experts of one layer lie interleaved in it. */
  private async readWhole(name: string, signal?: AbortSignal): Promise<Values> {
    if (this.whole?.name === name) return this.whole.values;
    const size = this.tensor(name).entry.shape.reduce((product, side) => product * side, 1);
    if (8 * size > MAX_FACTOR_BYTES) {
      const message = `tensor ${quoted(name)}: ${size} entries are too many to hold, at most ${MAX_FACTOR_BYTES / 8}`;
      throw new CheckpointError('TooLarge', message, name);
    }
    const values = await this.readValues(name, 0, size, signal);
    this.whole = 8 * size <= KEPT_WHOLE_BYTES ? { name, values } : null;
    return values;
  }

  private module(name: string): LoraModuleInfo {
    const module = this.modules.get(name);
    if (!module) throw new CheckpointError('NotFound', `there is no LoRA module ${quoted(name)}`, name);
    return module;
  }

  private tensor(name: string): StoredTensor {
    const entry = this.entries.get(name);
    if (!entry) throw new CheckpointError('NotFound', `there is no tensor ${quoted(name)}`, name);
    return this.opened.tensor(entry);
  }
}
