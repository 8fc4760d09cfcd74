/** An adapter as a set of low-rank changes, one for each module, read from any layout that `openCheckpoint` pairs. */

import { isCheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import type { LoraModuleInfo, TensorInfo } from '../checkpoint/sourceDescription';
import type { MatrixSource } from '../matrices/matrixSource';
import { openCheckpoint } from '../matrices/openCheckpoint';
import { MAX_CONFIG_BYTES } from '../peftConfig/adapterConfig';
import { isObject } from '../peftConfig/configValues';
import { parseJson } from '../peftConfig/parseJson';
import { quoted } from '../peftConfig/quoted';
import { SurgeryError } from './errors';
import type { Term } from './stackedTerms';

/** What the module is, which decides the names and shapes of its factors in a file. */
export type ModuleForm = 'linear' | 'embedding' | 'convolution' | 'expert';

export interface AdapterModule {
  readonly name: string;
  readonly info: LoraModuleInfo;
  readonly form: ModuleForm;
  /** The shape of A as it is stored: (rank, in, *kernel) for a convolution. */
  readonly storedShapeA: readonly number[];
  /** The dtype of the factors; F32 if they are computed from others. */
  readonly dtype: string;
  /** Names of the tensors that make the change more than scaling·B·A. */
  readonly magnitude: string | null;
  readonly bias: string | null;
}

export interface OpenedAdapter {
  readonly path: string;
  readonly source: MatrixSource;
  /** adapter_config.json as it is; `null` if there is none. */
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Tensors that replace those of the base: modules_to_save and retrained biases. */
  readonly replaced: readonly TensorInfo[];
  /** Copies of the base's weights, which PEFT saves beside the factors of an embedding. */
  readonly copies: readonly string[];
  /** Tensors that belong to none of these, and modules whose change is not a product: what no operation covers. */
  readonly notCovered: readonly string[];
  /** Factors of a module as scaling·B·A. Rejects with `SurgeryError` Unsupported, or as the source does. */
  term(module: string, signal?: AbortSignal): Promise<Term>;
}

/** Rejects as `openCheckpoint` does, or with `SurgeryError` NotFound if the file holds no adapter. */
export async function readAdapter(files: FileAccess, path: string, signal?: AbortSignal): Promise<OpenedAdapter> {
  const source = await openCheckpoint(files, path, signal);
  try {
    const config = await readConfig(files, path, signal);
    return describe(path, source, config);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function describe(path: string, source: MatrixSource, config: OpenedAdapter['config']): OpenedAdapter {
  const { lora, adapters = [], tensors, unexplained = [] } = source.description;
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const extras = new Map<string, string[]>();
  const replaced: TensorInfo[] = [];
  const copies: string[] = [];
  const notCovered = unexplained.map(({ tensor, reason }) => `${tensor}: ${reason}`);
  for (const { module, method, factors, unavailable } of adapters) {
    if (method === 'SAVED') {
      for (const { tensor, role } of factors) {
        if (role.startsWith('frozen weight')) copies.push(tensor);
        else replaced.push(byName.get(tensor)!);
      }
      continue;
    }
    extras.set(
      module,
      factors.filter(({ role }) => /magnitude|bias of B/.test(role)).map(({ tensor }) => tensor),
    );
    if (unavailable !== undefined) notCovered.push(`${module} (${method}): ${unavailable}`);
  }
  const modules = new Map(lora.map((info) => [info.module, adapterModule(info, extras, byName)]));
  if (modules.size === 0 && replaced.length === 0 && notCovered.length === 0) {
    const found = `${path} holds no adapter whose change is a product of factors`;
    throw new SurgeryError('NotFound', found, path);
  }
  return {
    path,
    source,
    config,
    modules,
    replaced,
    copies,
    notCovered,
    term: async (name, signal) => {
      const module = modules.get(name);
      if (!module) throw new SurgeryError('NotFound', `${path} has no module ${quoted(name)}`, name);
      if (module.info.unavailable !== undefined)
        throw new SurgeryError('Unsupported', `${name}: ${module.info.unavailable}`, name);
      const { a, b, rank, scaling } = await source.factors(name, undefined, signal);
      return { a, b, rank, coefficient: scaling };
    },
  };
}

function adapterModule(
  info: LoraModuleInfo,
  extras: ReadonlyMap<string, readonly string[]>,
  tensors: ReadonlyMap<string, TensorInfo>,
): AdapterModule {
  const stored = tensors.get(info.a);
  const own = extras.get(info.module) ?? [];
  const isExpert = /\[\d+\]$/.test(info.module);
  const storedShapeA = stored?.shape ?? [info.rank, info.inFeatures];
  const isEmbedding = /lora_embedding_A/.test(info.a);
  const form = isExpert ? 'expert' : isEmbedding ? 'embedding' : storedShapeA.length > 2 ? 'convolution' : 'linear';
  return {
    name: info.module,
    info,
    form,
    storedShapeA,
    dtype: stored?.dtype ?? 'F32',
    magnitude: own.find((tensor) => !/bias$/.test(tensor)) ?? null,
    bias: own.find((tensor) => /bias$/.test(tensor)) ?? null,
  };
}

async function readConfig(files: FileAccess, path: string, signal?: AbortSignal): Promise<OpenedAdapter['config']> {
  try {
    const text = await files.readBeside(path, 'adapter_config.json', MAX_CONFIG_BYTES, signal);
    const config = text === null ? null : parseJson(text);
    return isObject(config) ? config : null;
  } catch (error) {
    // The source describes a config that cannot be read as a problem of its own.
    if (isCheckpointError(error) || (error instanceof Error && error.name === 'JsonError')) return null;
    throw error;
  }
}
