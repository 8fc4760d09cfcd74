/** The count of an adapter: the tensors that it adds, and their sums. */

import type { Extra } from './adapterExtras';
import { text } from '../peftConfig/configValues';
import type { Part } from './methods/method';
import type { ModuleTable } from './moduleTable';
import type { Dtype, SavedTensor } from './safetensorsSize';
import { elements, tensorBytes } from './safetensorsSize';

export interface CountedModule {
  readonly name: string;
  /** `null` for a module without a rank. */
  readonly rank: number | null;
  readonly trainable: number;
}

export interface AdapterCount {
  /** Trained parameters, including those of biases and of heads trained in full. */
  readonly trainable: number;
  /** Parameters that the adapter adds to the model. */
  readonly added: number;
  readonly modules: readonly CountedModule[];
  /** Tensors of the saved file, with their names. */
  readonly tensors: readonly SavedTensor[];
  readonly warnings: readonly string[];
  /** What the memory model needs in addition to the counts. */
  readonly layout: AdapterLayout;
}

export interface AdapterLayout {
  /** Trained parameters in the base model's type: copies of its modules, and its biases. */
  readonly trainedAsBase: number;
  /** Bytes of the adapter's frozen tensors in types of their own, and parameters of those in the base model's type. */
  readonly frozenBytes: number;
  readonly frozenAsBase: number;
  /** Modules trained in full, as copies. */
  readonly whole: readonly string[];
  /** The adapted model. Its layers may be replicated. */
  readonly model: ModuleTable;
}

/** Prefixes of tensor names in the saved file: for adapters on modules, and for tensors of the adapter as a whole. */
export const TUNER_PREFIX = 'base_model.model.';
export const PROMPT_PREFIX = 'base_model.';

/** The type in which transformers 5 loads the base model. The config states it. */
function baseDtype({ shape }: ModuleTable): Dtype {
  for (const config of [shape.whole, shape.config]) {
    const name = text(config, 'dtype') ?? text(config, 'torch_dtype');
    if (name === 'bfloat16') return 'BF16';
    if (name === 'float16') return 'F16';
    if (name !== null) return 'F32';
  }
  return 'F32';
}

/** Collects what an adapter adds, as rows by module and as tensors of its file. */
export class Sheet {
  readonly warnings: string[] = [];
  private readonly rows = new Map<string, CountedModule>();
  private readonly tensors = new Map<string, SavedTensor>();
  private trainable = 0;
  private added = 0;
  private trainedAsBase = 0;
  private frozenBytes = 0;
  private frozenAsBase = 0;
  private readonly whole: string[] = [];
  model: ModuleTable;

  readonly dtype: Dtype;

  constructor(model: ModuleTable) {
    this.model = model;
    this.dtype = baseDtype(model);
  }

  add(name: string, rank: number | null, parts: readonly Part[], prefix: string): void {
    let own = 0;
    for (const part of parts) {
      const size = elements(part.shape);
      const isTrained = part.role === 'trained' || (part.role === 'halfTrained' && this.dtype !== 'F32');
      if (isTrained) own += size;
      if (part.role !== 'buffer') this.added += size;
      if (part.dtype === 'base') {
        // Buffers in the base's type are the model's own weights, which the file repeats.
        if (isTrained) this.trainedAsBase += size;
        else if (part.role !== 'buffer') this.frozenAsBase += size;
      } else if (!isTrained && !part.alias) this.frozenBytes += tensorBytes({ shape: part.shape, dtype: part.dtype });
      if (part.saved) {
        const dtype = part.dtype === 'base' ? this.dtype : part.dtype;
        this.tensors.set(prefix + part.name, { name: prefix + part.name, shape: part.shape, dtype });
      }
    }
    this.row(name, rank, own);
  }

  copy(extras: readonly Extra[], prefix: string): void {
    for (const { module } of extras) this.whole.push(module);
    this.addExtras(extras, prefix);
  }

  addExtras(extras: readonly Extra[], prefix: string): void {
    for (const { module, parts } of extras) this.add(module, null, parts, prefix);
  }

  /** Adds parameters of the model itself that are trained. */
  train(name: string, parameters: number): void {
    this.trainedAsBase += parameters;
    this.row(name, null, parameters);
  }

  private row(name: string, rank: number | null, trainable: number): void {
    this.trainable += trainable;
    const before = this.rows.get(name);
    this.rows.set(name, { name, rank: before?.rank ?? rank, trainable: (before?.trainable ?? 0) + trainable });
  }

  total(): AdapterCount {
    return {
      trainable: this.trainable,
      added: this.added,
      modules: [...this.rows.values()],
      tensors: [...this.tensors.values()],
      warnings: this.warnings,
      layout: {
        trainedAsBase: this.trainedAsBase,
        frozenBytes: this.frozenBytes,
        frozenAsBase: this.frozenAsBase,
        whole: this.whole,
        model: this.model,
      },
    };
  }
}
