/**
 * Extracts an adapter from the difference between a tuned model and its base: the best approximation of each weight's
 * change with a given rank. The difference is taken in float64, not in the stored dtype, which would round once more.
 */

import type { TensorData } from '../checkpoint/safetensors/safetensorsWriter';
import { StoredTensor } from '../matrices/storedMatrix';
import type { NewModule } from './adapterFiles';
import type { BaseModel, BaseTensor } from './baseModel';
import { DenseDifference } from './denseDifference';
import { isFloatDtype } from './encodeValues';
import { SurgeryError } from './errors';
import { balancedFactors, leadingVectors } from './truncatedProduct';

export interface ExtractOptions {
  /** Rank of every module, or the share of the squared norm that each keeps. */
  readonly rank: number | null;
  readonly energy: number | null;
  /** Modules to extract; `null` extracts all. */
  readonly only: RegExp | null;
  /** Keeps in full what factors cannot express: norms, embeddings, and tensors of another shape. */
  readonly saveOthers: boolean;
}

export interface ExtractedModule {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rank: number;
  readonly fro: number;
  /** All, or the leading ones of a large matrix. */
  readonly singularValues: readonly number[];
  readonly atRank: Readonly<Record<string, AtRank>>;
  /** Whether the values are exact, or come from a random projection. */
  readonly exact: boolean;
}

interface AtRank {
  readonly absError: number;
  readonly relError: number | null;
  readonly energy: number | null;
}

export interface Extraction {
  readonly facts: readonly ExtractedModule[];
  readonly modules: readonly NewModule[];
  readonly unchanged: readonly string[];
  readonly notExpressible: readonly { readonly name: string; readonly why: string }[];
  readonly shapeMismatch: readonly {
    readonly name: string;
    readonly base: readonly number[] | null;
    readonly tuned: readonly number[] | null;
  }[];
  /** Tensors that are kept in full, with their names in the adapter. */
  readonly saved: readonly TensorData[];
  readonly savedModules: readonly string[];
}

const EMBEDDING = /(?:^|[._])(?:embed\w*|wte|wpe|word_embeddings|position_embeddings|shared)\.weight$/;
/** Modules of GPT-2 and its kin that store (in, out). */
const CONV1D_TYPES = new Set(['gpt2', 'openai-gpt', 'imagegpt', 'decision_transformer']);
const CONV1D = /(?:^|\.)(?:c_attn|q_attn|c_proj|c_fc)\.weight$/;
/** Most bytes that are kept in full. */
const MAX_SAVED_BYTES = 2 ** 32;

/** Rejects with `SurgeryError` NonFinite for a change with NaN, and Unsupported for packed weights. */
export async function extractAdapter(
  base: BaseModel,
  tuned: BaseModel,
  options: ExtractOptions,
  report: (done: number, all: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<Extraction> {
  const facts: ExtractedModule[] = [];
  const modules: NewModule[] = [];
  const unchanged: string[] = [];
  const notExpressible: { name: string; why: string }[] = [];
  const shapeMismatch: { name: string; base: readonly number[] | null; tuned: readonly number[] | null }[] = [];
  const others: string[] = [];
  const names = [...new Set([...base.tensors.keys(), ...tuned.tensors.keys()])];
  for (const [done, name] of names.entries()) {
    signal?.throwIfAborted();
    await report(done, names.length);
    if (options.only && !options.only.test(name)) continue;
    const [old, now] = [base.tensors.get(name), tuned.tensors.get(name)];
    if (!old || !now || old.entry.shape.join() !== now.entry.shape.join()) {
      shapeMismatch.push({ name, base: old?.entry.shape ?? null, tuned: now?.entry.shape ?? null });
      if (now) others.push(name);
      continue;
    }
    const why = whyNot(name, old.entry.shape);
    const difference = await DenseDifference.read(tensorOf(old), tensorOf(now), why !== null, signal);
    try {
      if (difference.norm === 0) unchanged.push(name);
      else if (why !== null) {
        notExpressible.push({ name, why });
        others.push(name);
      } else {
        const { fact, module } = extractModule(name, old.entry.shape, difference, options, isConv1d(name, base));
        facts.push(fact);
        modules.push(module);
      }
    } finally {
      difference.free();
    }
  }
  const kept = options.saveOthers ? others.filter((name) => name.endsWith('.weight')) : [];
  const saved = await savedTensors(tuned, kept, signal);
  return {
    ...{ facts, modules, unchanged, notExpressible, shapeMismatch, saved },
    savedModules: kept.map((name) => name.replace(/\.weight$/, '')),
  };
}

/** Why factors of a linear layer or a convolution cannot express a change of this tensor; `null` if they can. */
function whyNot(name: string, shape: readonly number[]): string | null {
  if (name.endsWith('.bias')) return 'a bias: LoRA changes weights';
  if (shape.length < 2) return 'one dimension (a norm or a scale): LoRA changes matrices';
  if (!name.endsWith('.weight')) return 'a parameter that is not the weight of a module, such as stacked experts';
  if (EMBEDDING.test(name)) return 'an embedding, which is not a linear layer';
  return null;
}

function isConv1d(name: string, { config }: BaseModel): boolean {
  return CONV1D.test(name) && CONV1D_TYPES.has(String(config?.['model_type']));
}

function tensorOf({ file, entry }: BaseTensor): StoredTensor {
  if (!isFloatDtype(entry.dtype))
    throw new SurgeryError(
      'Unsupported',
      `${entry.name}: values of type ${entry.dtype} have no difference`,
      entry.name,
    );
  return new StoredTensor(file.source, file.dataStart, entry);
}

function extractModule(
  tensor: string,
  shape: readonly number[],
  difference: DenseDifference,
  options: ExtractOptions,
  transposed: boolean,
): { readonly fact: ExtractedModule; readonly module: NewModule } {
  const name = tensor.replace(/\.weight$/, '');
  const { rank: chosen, decomposition, exact } = difference.decompose(options);
  const { norm } = difference;
  const { values } = decomposition;
  const kept = leadingVectors(decomposition, Math.min(chosen, values.length));
  const vectors = transposed ? { values: kept.values, u: kept.v, v: kept.u } : kept;
  const rank = kept.values.length;
  let energy = 0;
  for (const value of kept.values) energy += value * value;
  const absError = difference.errorAt(values, rank, exact);
  const [first = 0, ...others] = shape;
  const columns = others.reduce((product, side) => product * side, 1);
  const wanted = String(options.rank ?? rank);
  return {
    fact: {
      name,
      shape,
      rank,
      fro: norm,
      singularValues: [...values],
      atRank: { [wanted]: { absError, relError: absError / norm, energy: Math.min(1, energy / norm ** 2) } },
      exact,
    },
    module: {
      name,
      form: shape.length > 2 ? 'convolution' : 'linear',
      kernel: shape.slice(2),
      inFeatures: transposed ? first : columns,
      outFeatures: transposed ? columns : first,
      ...balancedFactors(vectors, rank),
      scaling: 1,
    },
  };
}

async function savedTensors(tuned: BaseModel, names: readonly string[], signal?: AbortSignal): Promise<TensorData[]> {
  const saved: TensorData[] = [];
  let bytes = 0;
  for (const name of names) {
    const found = tuned.tensors.get(name)!;
    const { entry } = found;
    bytes += entry.end - entry.begin;
    if (bytes > MAX_SAVED_BYTES)
      throw new SurgeryError('Unsupported', `${name}: tensors kept in full exceed ${MAX_SAVED_BYTES} bytes`, name);
    const count = entry.shape.reduce((product, side) => product * side, 1);
    const tensor = tensorOf(found);
    const { bytes: data } = await tensor.read(0, count, signal);
    saved.push({
      name: `base_model.model.${name}`,
      dtype: entry.dtype as TensorData['dtype'],
      shape: entry.shape,
      data,
    });
  }
  return saved;
}
