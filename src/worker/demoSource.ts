/** A run of the demo as a source of tensors in memory. What a method trains exists for every recorded step. */

import { CheckpointError } from '../checkpoint/errors';
import { entriesLayout, rowMajor, sliceLayout } from '../checkpoint/adapters/factorLayout';
import type { MatrixLayout } from '../checkpoint/adapters/factorLayout';
import type { AdapterFiles } from '../checkpoint/adapters/loraAdapter';
import { valueText } from '../checkpoint/valueText';
import type { DemoResult } from '../peft/demoResult';
import type { LoraSnapshot } from '../peft/training';
import type { MatrixRef } from '../protocol/matrix';
import type { SourceDescription, TrainedMethod } from '../checkpoint/sourceDescription';
import type { Tensor } from '../tensor/tensor';
import { DeltaMatrix, MergedMatrix } from '../matrices/deltaMatrix';
import type { Factors } from '../matrices/factors';
import { DEMO_LORA, DEMO_PREFIX } from './demoNames';
import type { MatrixSource } from '../matrices/matrixSource';
import { unravel } from '../matrices/matrixReader';
import type { MatrixReader } from '../matrices/matrixReader';
import { MemoryMatrix } from '../matrices/memoryMatrix';
import { noLoraModule, noPrefix, noSlice, noTensor } from '../matrices/notFound';

export interface DemoTensor {
  readonly name: string;
  readonly gradient?: string;
  /** The training at whose recorded steps the tensor has a value each. */
  readonly stepped?: TrainedMethod;
  /** Counts as a parameter of its method. */
  readonly parameter?: boolean;
  /** The value at a recorded step, by its index among them. */
  readonly at: (index: number) => Tensor;
}

/** A run of the demo with its named tensors and its description for the views. */
export interface DescribedDemo {
  readonly result: DemoResult;
  readonly tensors: readonly DemoTensor[];
  readonly description: SourceDescription;
  /** The trained LoRA layer, as files of an adapter. */
  readonly adapter: () => AdapterFiles;
}

export class DemoSource implements MatrixSource {
  readonly description: SourceDescription;
  readonly adapter: () => AdapterFiles;
  private readonly result: DemoResult;
  private readonly tensors: ReadonlyMap<string, DemoTensor>;

  constructor({ result, tensors, description, adapter }: DescribedDemo) {
    this.result = result;
    this.tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    this.description = description;
    this.adapter = adapter;
  }

  async matrix(ref: MatrixRef): Promise<MatrixReader> {
    switch (ref.kind) {
      case 'entries': {
        const tensor = this.tensor(ref.name);
        return memoryMatrix(tensor, entriesLayout(tensor.shape));
      }
      case 'tensor': {
        const tensor = this.tensor(ref.name, ref.step);
        const layout = sliceLayout(tensor.shape, ref.slice);
        if (layout) return memoryMatrix(tensor, layout);
        throw noSlice(ref.name, tensor.shape, ref.slice);
      }
      case 'factor': {
        this.checkModule(ref.module);
        const { A, B } = this.snapshot();
        const tensor = ref.part === 'a' ? A : B;
        return memoryMatrix(tensor, sliceLayout(tensor.shape)!);
      }
      case 'similarity': {
        const tensor = this.tensor(ref.prompt, ref.step);
        const { similarityMatrix } = await import('../matrices/overview/overviews.js');
        return similarityMatrix(memoryMatrix(tensor, sliceLayout(tensor.shape)!), ref.prompt);
      }
      case 'prefix':
        return this.prefixMatrix(ref);
      case 'delta':
        return new DeltaMatrix(await this.factors(ref.module, ref.step));
      case 'merged': {
        const { weight } = this.result.lora;
        return new MergedMatrix(
          memoryMatrix(weight, sliceLayout(weight.shape)!),
          await this.factors(ref.module, ref.step),
        );
      }
    }
  }

  async factors(module: string, step?: number): Promise<Factors> {
    this.checkModule(module);
    const { rank, inFeatures, outFeatures, scaling } = this.result.lora;
    const { A, B } = this.snapshot(step);
    return { rank, inFeatures, outFeatures, scaling, a: Float64Array.from(A.data), b: Float64Array.from(B.data) };
  }

  async close(): Promise<void> {}

  private prefixMatrix({ module, layer, part, gradient, step }: MatrixRef & { kind: 'prefix' }): MemoryMatrix {
    const { training, numLayers, numHeads, dHead, prefixLength } = this.result.prefix;
    const { prefix, gradPrefix } = training.snapshots[this.index(step)]!;
    if (module !== DEMO_PREFIX || !Number.isInteger(layer) || layer < 0 || layer >= numLayers) {
      throw noPrefix(module, layer, part);
    }
    const columns = numHeads * dHead;
    const offset = (2 * layer + (part === 'key' ? 0 : 1)) * prefixLength * columns;
    const layout = rowMajor(prefixLength, columns, offset);
    return memoryMatrix(gradient ? gradPrefix : prefix, layout);
  }

  private checkModule(module: string): void {
    if (module !== DEMO_LORA) throw noLoraModule(module);
  }

  private tensor(name: string, step?: number): Tensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw noTensor(name);
    return tensor.at(this.index(step));
  }

  private snapshot(step?: number): LoraSnapshot {
    return this.result.lora.training.snapshots[this.index(step)]!;
  }

  /** The index of a recorded step, which is the same for every method; by default that of the last one. */
  private index(step?: number): number {
    const { snapshots } = this.result.lora.training;
    const found = step === undefined ? snapshots.length - 1 : snapshots.findIndex((snapshot) => snapshot.step === step);
    if (found >= 0) return found;
    const steps = snapshots.map((snapshot) => snapshot.step).join(', ');
    throw new CheckpointError('NotFound', `step ${step} was not recorded; recorded are ${steps}`);
  }
}

function memoryMatrix(tensor: Tensor, layout: MatrixLayout): MemoryMatrix {
  return new MemoryMatrix(tensor.data, layout, 'F32', async (row, column) => {
    const offset = layout.offset + row * layout.rowStride + column * layout.columnStride;
    const value = tensor.data[offset]!;
    return { value, text: valueText('F32', value), index: unravel(offset, tensor.shape) };
  });
}
