/**
 * Compares the memory model with PEFT's `method_comparison`: runs with their measured peak, which is
 * `max_memory_reserved` minus what was reserved at the start.
 *
 * The benchmark has a plain loop: bfloat16 weights, `use_cache` left on, `outputs` held through the step. It pads each
 * batch to its longest text. The estimates assume the limit of 768 tokens and are therefore slightly high. Its
 * evaluation generates for 50 prompts at once, which stays below the training peak of all runs here.
 */

import type { RawConfig } from '../../peftConfig/configValues';
import { isObject, text } from '../../peftConfig/configValues';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { estimateTrainingMemory } from './training';

export interface BenchmarkRow {
  readonly name: string;
  readonly estimate: number;
  readonly measured: number;
  /** (estimate - measured) / measured. */
  readonly error: number;
  readonly peak: string;
}

export interface BenchmarkErrors {
  readonly rows: readonly BenchmarkRow[];
  readonly uncovered: readonly { readonly name: string; readonly reason: string }[];
  /** Median of the absolute errors. */
  readonly median: number;
  readonly largest: number;
}

/** The config of the benchmark's language model. The results name the model but do not contain its config. */
const LLAMA_3_2_3B: RawConfig = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 128256,
  hidden_size: 3072,
  num_hidden_layers: 28,
  num_attention_heads: 24,
  num_key_value_heads: 8,
  head_dim: 128,
  intermediate_size: 8192,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
};
const MODELS: Readonly<Record<string, RawConfig>> = { 'meta-llama/Llama-3.2-3B': LLAMA_3_2_3B };

/** `runs` is parsed JSON, a list of results with `peft_config`, `train_config` and `mem_max`. */
export function benchmarkErrors(runs: unknown): BenchmarkErrors {
  if (!Array.isArray(runs)) throw new ConfigError('(the benchmark)', runs, 'a list of runs');
  const rows: BenchmarkRow[] = [];
  const uncovered: { name: string; reason: string }[] = [];
  for (const run of runs as readonly unknown[]) {
    if (!isObject(run)) throw new ConfigError('(a run)', run, 'an object');
    const name = (text(run, 'file') ?? '').replace(/^.*\//, '').replace(/\.json$/, '');
    const result = compare(name, run);
    if ('reason' in result) uncovered.push(result);
    else rows.push(result);
  }
  const errors = rows.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  return { rows, uncovered, median: medianOf(errors), largest: errors.at(-1) ?? 0 };
}

function medianOf(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

function compare(name: string, run: RawConfig): BenchmarkRow | { name: string; reason: string } {
  const train = isObject(run['train_config']) ? run['train_config'] : {};
  const modelId = text(train, 'model_id') ?? text(run, 'model_id') ?? '';
  const model = Object.hasOwn(MODELS, modelId) ? MODELS[modelId] : undefined;
  if (!model) return { name, reason: `${modelId}: a diffusers model, whose activations are not modelled` };
  const measured = run['mem_max'];
  if (typeof measured !== 'number') return { name, reason: 'the run has no measured peak' };
  try {
    const { totalBytes, peak, warnings } = estimateTrainingMemory(model, run['peft_config'] ?? null, setupOf(train));
    const unknown = warnings.find((warning) => warning.includes('not modelled'));
    if (unknown !== undefined) return { name, reason: unknown };
    return { name, estimate: totalBytes, measured, error: totalBytes / measured - 1, peak: peak.label };
  } catch (error) {
    if (error instanceof BudgetError) return { name, reason: error.message };
    throw error;
  }
}

function setupOf(train: RawConfig): Record<string, unknown> {
  const dtype = text(train, 'dtype');
  const optimizers: Readonly<Record<string, string>> = { SGD: 'sgd', Adafactor: 'adafactor' };
  const type = text(train, 'optimizer_type') ?? 'AdamW';
  return {
    precision: train['use_amp'] === true ? 'bf16-mixed' : dtype === 'float32' ? 'fp32' : 'bf16',
    quantization: dtype === 'int4' ? 'nf4' : dtype === 'int8' ? 'int8' : 'none',
    optimizer: Object.hasOwn(optimizers, type) ? optimizers[type] : 'adamw',
    sequenceLength: train['max_seq_length'] ?? undefined,
    microBatch: train['batch_size'] ?? undefined,
    gradientCheckpointing: train['use_gc'] ?? undefined,
    adapterInFloat32: train['autocast_adapter_dtype'] ?? undefined,
    keepsCache: true,
    keepsLogits: true,
  };
}
