/** An opened checkpoint: its header in memory, everything else read as it is asked for. */

import { MAX_CONFIG_BYTES, parseAdapterConfig } from '../checkpoint/adapterConfig';
import { decodeValues, undecodable, valuesFor } from '../checkpoint/dtypes';
import { describeCheckpoint } from '../checkpoint/describe';
import { CheckpointError, quoted } from '../checkpoint/errors';
import { sliceLayout } from '../checkpoint/factorLayout';
import type { MatrixLayout } from '../checkpoint/factorLayout';
import { readLoraName } from '../checkpoint/loraNames';
import { alphaTensors, pairLora } from '../checkpoint/loraPairs';
import type { LoraPairing } from '../checkpoint/loraPairs';
import { describePrompts, prefixLayout } from '../checkpoint/promptTensors';
import type { CheckpointHeader, TensorEntry } from '../checkpoint/header';
import type { MatrixRef } from '../protocol/matrix';
import type { LoraModuleInfo, SourceDescription } from '../protocol/source';
import { isEngineDtype } from '../tensor/engine/dtypes';
import { ByteLru } from './byteLru';
import { DeltaMatrix, MergedMatrix } from './deltaMatrix';
import type { Factors } from './deltaMatrix';
import type { FileAccess } from './fileAccess';
import type { InspectedSource, StoredFactors, StoredRun } from './inspectedSource';
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
/** Alphas read one by one at opening; more modules than this no adapter has. */
const MAX_ALPHAS = 10_000;

/** Rejects with `CheckpointError` where nothing of the file can be shown. */
export async function openCheckpoint(files: FileAccess, path: string, signal?: AbortSignal): Promise<InspectedSource> {
  const opened = await openFiles(files, path, signal);
  try {
    const { header, facts } = opened;
    const config = belongsToAdapter(facts.name, header)
      ? await files.readBeside(path, 'adapter_config.json', MAX_CONFIG_BYTES, signal)
      : null;
    const parsed = config === null ? null : parseAdapterConfig(config);
    const lora = pairLora(header.tensors, parsed, await readAlphas(opened, signal));
    const prompts = describePrompts(header.tensors, parsed);
    const description = describeCheckpoint(facts, header, parsed, lora, prompts);
    return new CheckpointSource(opened, lora, description);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** A base model may lie in the same folder as an adapter's config, which then says nothing about it. */
function belongsToAdapter(name: string, header: CheckpointHeader): boolean {
  const ownName = /^model|\.index\.json$|\.gguf$/i.test(name);
  return !ownName || header.tensors.some((tensor) => readLoraName(tensor.name) !== null);
}

async function readAlphas(opened: OpenedFiles, signal?: AbortSignal): Promise<Map<string, number>> {
  const alphas = new Map<string, number>();
  for (const entry of alphaTensors(opened.header.tensors).slice(0, MAX_ALPHAS)) {
    if (entry.shape.every((size) => size === 1) && undecodable(entry.dtype) === null) {
      alphas.set(entry.name, (await opened.tensor(entry).entryAt(0, signal)).value);
    }
  }
  return alphas;
}

class CheckpointSource implements InspectedSource {
  private readonly entries: ReadonlyMap<string, TensorEntry>;
  private readonly modules: ReadonlyMap<string, LoraModuleInfo>;
  private readonly kept = new ByteLru<Factors>(FACTOR_CACHE_BYTES);

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
        return this.tensorMatrix(ref.name, ref.slice);
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
    const layouts = this.lora.layouts.get(module);
    if (!layouts)
      throw new CheckpointError('Unreadable', `${quoted(module)}: ${info.unavailable ?? 'no product'}`, module);
    const bytes = 8 * info.rank * (info.inFeatures + info.outFeatures);
    if (bytes > MAX_FACTOR_BYTES) {
      throw new CheckpointError(
        'TooLarge',
        `${quoted(module)}: the factors take ${bytes} bytes, at most ${MAX_FACTOR_BYTES} are held`,
        module,
      );
    }
    const factors: Factors = {
      rank: info.rank,
      inFeatures: info.inFeatures,
      outFeatures: info.outFeatures,
      scaling: info.scaling,
      a: await this.readFactor(info.a, layouts.a, signal),
      b: await this.readFactor(info.b, layouts.b, signal),
    };
    this.kept.set(module, factors, bytes);
    return factors;
  }

  storedFactors(module: string): StoredFactors | null {
    const info = this.module(module);
    const layouts = this.lora.layouts.get(module);
    if (!layouts) return null;
    const [a, b] = [this.storedRun(info.a, layouts.a), this.storedRun(info.b, layouts.b)];
    const { rank, inFeatures, outFeatures, scaling } = info;
    return a && b && { rank, inFeatures, outFeatures, scaling, a, b };
  }

  async close(): Promise<void> {
    this.kept.clear();
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

  private prefixMatrix({ module, layer, part, gradient }: MatrixRef & { kind: 'prefix' }): StoredMatrix {
    const prefix = this.description.prefixes.find((found) => found.module === module);
    const layout = prefix && !gradient ? prefixLayout(prefix, layer, part) : null;
    if (layout) return new StoredMatrix(this.tensor(module), layout);
    throw new CheckpointError('NotFound', `there is no ${part} prefix of layer ${layer} in ${quoted(module)}`, module);
  }

  private async factorMatrix(module: string, part: 'a' | 'b', signal?: AbortSignal): Promise<MatrixReader> {
    const factors = await this.factors(module, undefined, signal);
    const info = this.module(module);
    const tensor = this.tensor(info[part]);
    const stored = this.lora.layouts.get(module)![part];
    const layout: MatrixLayout = { ...stored, offset: 0, rowStride: stored.columns, columnStride: 1 };
    return new MemoryMatrix(factors[part], layout, tensor.dtype, (row, column, cellSignal) =>
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
    const tensor = this.tensor(name);
    const { rows, columns, rowStride, columnStride } = layout;
    const { bytes, skip } = await tensor.read(layout.offset, rows * columns, signal);
    const stored = valuesFor(tensor.dtype, rows * columns);
    decodeValues(tensor.dtype, bytes, stored, skip);
    if (columnStride === 1 && rowStride === columns) return Float64Array.from(stored);
    const factor = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) factor[i * columns + j] = stored[i * rowStride + j * columnStride]!;
    }
    return factor;
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
