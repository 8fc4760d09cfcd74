/** An opened checkpoint: its header in memory, everything else read when it is asked for. */

import { entriesLayout, rowMajor, sliceLayout } from '../checkpoint/adapters/factorLayout';
import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import { prefixLayout } from '../checkpoint/adapters/promptTensors';
import { CheckpointError } from '../checkpoint/errors';
import type { SourceDescription, StructureFactor } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import type { MatrixRef } from '../protocol/matrix';
import type { CheckpointFactors } from './checkpointFactors';
import type { CheckpointTensors } from './checkpointTensors';
import { DeltaMatrix, MergedMatrix } from './deltaMatrix';
import type { Factors } from './factors';
import type { MatrixReader } from './matrixReader';
import type { MatrixSource, StoredFactors } from './matrixSource';
import { MemoryMatrix } from './memoryMatrix';
import { noPrefix, noSlice } from './notFound';
import { StoredMatrix } from './storedMatrix';
import type { StoredProduct } from './storedProduct';

/** Takes over `tensors`: closing the source closes their files. */
export class CheckpointSource implements MatrixSource {
  constructor(
    private readonly tensors: CheckpointTensors,
    private readonly loraFactors: CheckpointFactors,
    readonly description: SourceDescription,
  ) {}

  async matrix(ref: MatrixRef, signal?: AbortSignal): Promise<MatrixReader> {
    switch (ref.kind) {
      case 'tensor':
        return ref.transposed ? this.transposedMatrix(ref.name, signal) : this.tensorMatrix(ref.name, ref.slice);
      case 'entries': {
        const tensor = this.tensors.get(ref.name);
        return new StoredMatrix(tensor, entriesLayout(tensor.entry.shape));
      }
      case 'prefix':
        return this.prefixMatrix(ref);
      case 'factor':
        return ref.part === 'a' || ref.part === 'b'
          ? this.factorMatrix(ref.module, ref.part, signal)
          : this.structureMatrix(ref.module, ref.part, signal);
      case 'similarity': {
        const { similarityMatrix } = await import('./overview/overviews.js');
        return similarityMatrix(this.tensorMatrix(ref.prompt), ref.prompt, signal);
      }
      case 'delta': {
        const { structure } = this.loraFactors.module(ref.module);
        if (structure) return this.loraFactors.structured(ref.module, signal);
        return new DeltaMatrix(await this.loraFactors.read(ref.module, signal));
      }
      case 'merged': {
        const { module } = ref;
        const { weight } = this.loraFactors.module(module);
        if (weight === undefined) {
          const message = `the frozen weight of ${quoted(module)} is not in this file`;
          throw new CheckpointError('NotFound', message, module);
        }
        return new MergedMatrix(this.tensorMatrix(weight), await this.loraFactors.read(module, signal));
      }
    }
  }

  factors(module: string, _step?: number, signal?: AbortSignal): Promise<Factors> {
    return this.loraFactors.read(module, signal);
  }

  storedFactors(module: string): StoredFactors | null {
    return this.loraFactors.stored(module);
  }

  storedProduct(module: string, signal?: AbortSignal): StoredProduct {
    return this.loraFactors.stored64(module, signal);
  }

  kroneckerFactors(module: string, signal?: AbortSignal): Promise<readonly [Factors, Factors] | null> {
    return this.loraFactors.kroneckerFactors(module, signal);
  }

  productInputs(module: string): readonly string[] {
    return this.loraFactors.inputs(module);
  }

  freeCaches(): void {
    this.loraFactors.clear();
    this.tensors.clear();
  }

  async close(): Promise<void> {
    this.freeCaches();
    await this.tensors.close();
  }

  private tensorMatrix(name: string, slice?: readonly number[]): StoredMatrix {
    const tensor = this.tensors.get(name);
    const { shape } = tensor.entry;
    const layout = sliceLayout(shape, slice);
    if (layout) return new StoredMatrix(tensor, layout);
    throw noSlice(name, shape, slice);
  }

  /** A 2-D tensor with rows and columns exchanged, held whole: a projection of an adapter. */
  private async transposedMatrix(name: string, signal?: AbortSignal): Promise<MatrixReader> {
    const tensor = this.tensors.get(name);
    const { shape } = tensor.entry;
    if (shape.length !== 2) {
      const message = `tensor ${quoted(name)} of shape [${shape.join(', ')}] is not a matrix`;
      throw new CheckpointError('NotFound', message, name);
    }
    const [columns, rows] = shape as readonly [number, number];
    const values = await this.tensors.whole(name, signal);
    const layout: MatrixLayout = { rows, columns, offset: 0, rowStride: 1, columnStride: rows };
    return new MemoryMatrix(values, layout, tensor.dtype, (row, column, cellSignal) =>
      tensor.entryAt(column * rows + row, cellSignal),
    );
  }

  private prefixMatrix({ module, layer, part, gradient }: MatrixRef & { kind: 'prefix' }): StoredMatrix {
    const prefix = this.description.prefixes.find((found) => found.module === module);
    const layout = prefix && !gradient ? prefixLayout(prefix, layer, part) : null;
    if (layout) return new StoredMatrix(this.tensors.get(module), layout);
    throw noPrefix(module, layer, part);
  }

  /** A factor of a LoKr or LoHa module. One that is stored as it is shows its stored values. */
  private async structureMatrix(
    module: string,
    part: StructureFactor['part'],
    signal?: AbortSignal,
  ): Promise<MatrixReader> {
    const factor = this.loraFactors.module(module).structure?.factors.find((each) => each.part === part);
    if (!factor) throw new CheckpointError('NotFound', `${quoted(module)} has no factor ${part}`, module);
    const layout = rowMajor(factor.rows, factor.columns);
    if (factor.tensor !== undefined) return new StoredMatrix(this.tensors.get(factor.tensor), layout);
    return computedMatrix(await this.loraFactors.structureFactor(module, part, signal), layout);
  }

  private async factorMatrix(module: string, part: 'a' | 'b', signal?: AbortSignal): Promise<MatrixReader> {
    const factors = await this.loraFactors.read(module, signal);
    const { recipe, inputs } = this.loraFactors.product(module);
    const { rank, inFeatures, outFeatures } = factors;
    const layout = part === 'a' ? rowMajor(rank, inFeatures) : rowMajor(outFeatures, rank);
    const values = factors[part];
    if (recipe !== 'plain') return computedMatrix(values, layout);
    const { tensor: name, layout: stored } = inputs.get(part)!;
    const tensor = this.tensors.get(name);
    return new MemoryMatrix(values, layout, tensor.dtype, (row, column, cellSignal) =>
      tensor.entryAt(stored.offset + row * stored.rowStride + column * stored.columnStride, cellSignal),
    );
  }
}

/** A factor that is put together from several tensors. */
function computedMatrix(values: Float64Array, layout: MatrixLayout): MemoryMatrix {
  return new MemoryMatrix(values, layout, 'computed', async (row, column) => {
    const value = values[row * layout.columns + column]!;
    return { value, text: String(value), index: [row, column] };
  });
}
