/** The settings of training and inference that memory depends on, their values and defaults. */

import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';

/**
 * `bf16`: weights and activations in bfloat16, adapters in float32, as PEFT creates them. `bf16-mixed`: autocast over
 * float32 weights, or over a bfloat16 base if `baseDtype` says so.
 */
export const PRECISIONS = ['fp32', 'bf16-mixed', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

export const OPTIMIZERS = [
  'adamw',
  'adamw-8bit',
  'paged-adamw',
  'paged-adamw-8bit',
  'sgd',
  'sgd-momentum',
  'adafactor',
] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export const QUANTIZATIONS = ['none', 'nf4', 'nf4-double', 'int8'] as const;
export type Quantization = (typeof QUANTIZATIONS)[number];

export const ATTENTIONS = ['sdpa', 'flash', 'eager'] as const;
export type AttentionKernel = (typeof ATTENTIONS)[number];

export interface TrainingSetup {
  readonly precision: Precision;
  /** The base model's type under autocast; `null` for the usual one: bf16 with an adapter, fp32 without. */
  readonly baseDtype: 'fp32' | 'bf16' | null;
  readonly optimizer: OptimizerName;
  readonly quantization: Quantization;
  /** Tokens of the longest sequence. The longest batch has the peak. */
  readonly sequenceLength: number;
  /** Sequences per GPU and forward pass. */
  readonly microBatch: number;
  readonly gradientAccumulation: number;
  readonly gradientCheckpointing: boolean;
  readonly attention: AttentionKernel;
  /** Sequences differ in length. The attention then needs a mask, and repeats grouped keys and values. */
  readonly padded: boolean;
  /** `config.use_cache` is on, as in a plain training loop, and keeps keys and values. The Trainer turns it off. */
  readonly keepsCache: boolean;
  /** The logits are held until the step ends, as `outputs = model(...)` in a plain loop does. */
  readonly keepsLogits: boolean;
  /** PEFT's `autocast_adapter_dtype`: adapters of a half-precision base are float32. */
  readonly adapterInFloat32: boolean;
  readonly zeroStage: 0 | 1 | 2 | 3;
  readonly gpus: number;
}

export const DEFAULT_TRAINING: TrainingSetup = {
  precision: 'bf16',
  baseDtype: null,
  optimizer: 'adamw',
  quantization: 'none',
  sequenceLength: 1024,
  microBatch: 1,
  gradientAccumulation: 1,
  gradientCheckpointing: false,
  attention: 'sdpa',
  padded: true,
  keepsCache: false,
  keepsLogits: true,
  adapterInFloat32: true,
  zeroStage: 0,
  gpus: 1,
};

/** Longer than any published context (10 million tokens), but small enough for exact products. */
export const MAX_SEQUENCE = 1 << 24;
/** More sequences than any GPU takes at once. */
export const MAX_BATCH = 1 << 16;
/** More than any published run has; the largest have tens of thousands. */
const MAX_GPUS = 1 << 20;

/** Fills in the defaults. Throws `ConfigError` for a value that a setting does not accept. */
export function readTrainingSetup(given: unknown): TrainingSetup {
  if (!isObject(given)) throw new ConfigError('(the setup)', given, 'an object');
  const setup = { ...DEFAULT_TRAINING, ...withoutUndefined(given) };
  oneOf(setup, 'precision', PRECISIONS);
  oneOf(setup, 'baseDtype', ['fp32', 'bf16', null]);
  oneOf(setup, 'optimizer', OPTIMIZERS);
  oneOf(setup, 'quantization', QUANTIZATIONS);
  oneOf(setup, 'attention', ATTENTIONS);
  oneOf(setup, 'zeroStage', [0, 1, 2, 3]);
  wholeNumber(setup, 'sequenceLength', MAX_SEQUENCE);
  wholeNumber(setup, 'microBatch', MAX_BATCH);
  wholeNumber(setup, 'gradientAccumulation', MAX_BATCH);
  wholeNumber(setup, 'gpus', MAX_GPUS);
  for (const key of ['gradientCheckpointing', 'padded', 'keepsCache', 'keepsLogits', 'adapterInFloat32'] as const)
    oneOf(setup, key, [true, false]);
  return setup;
}

export interface InferenceSetup {
  readonly precision: 'fp32' | 'bf16';
  readonly quantization: Quantization;
  readonly batch: number;
  /** Tokens in the cache: prompt and answer. */
  readonly contextLength: number;
  readonly cacheDtype: 'fp32' | 'bf16' | 'fp8' | 'int4';
  /** The adapter is merged into the weights and takes no memory. */
  readonly merged: boolean;
  readonly gpus: number;
}

export const CACHE_BYTES = { fp32: 4, bf16: 2, fp8: 1, int4: 0.5 } as const;

export const DEFAULT_INFERENCE: InferenceSetup = {
  precision: 'bf16',
  quantization: 'none',
  batch: 1,
  contextLength: 4096,
  cacheDtype: 'bf16',
  merged: false,
  gpus: 1,
};

/** Fills in the defaults. Throws `ConfigError` like `readTrainingSetup`. */
export function readInferenceSetup(given: unknown): InferenceSetup {
  if (!isObject(given)) throw new ConfigError('(the setup)', given, 'an object');
  const setup = { ...DEFAULT_INFERENCE, ...withoutUndefined(given) };
  oneOf(setup, 'precision', ['fp32', 'bf16']);
  oneOf(setup, 'quantization', QUANTIZATIONS);
  oneOf(setup, 'cacheDtype', Object.keys(CACHE_BYTES));
  oneOf(setup, 'merged', [true, false]);
  wholeNumber(setup, 'batch', MAX_BATCH);
  wholeNumber(setup, 'contextLength', MAX_SEQUENCE);
  wholeNumber(setup, 'gpus', MAX_GPUS);
  return setup;
}

function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function oneOf<T extends object>(setup: T, key: keyof T & string, values: readonly unknown[]): void {
  if (!values.includes(setup[key])) throw new ConfigError(key, setup[key], `one of ${values.map(String).join(', ')}`);
}

function wholeNumber<T extends object>(setup: T, key: keyof T & string, max: number): void {
  const value: unknown = setup[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max)
    throw new ConfigError(key, value, `a whole number from 1 to ${max}`);
}
