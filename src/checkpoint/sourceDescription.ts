/** What a source (an opened checkpoint, or a run of the demo) holds: enough to lay a view out, no values. */

import type { Problem } from '../peftConfig/problem';

export interface TensorInfo {
  readonly name: string;
  /** As the file spells it: 'F32', 'BF16', ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** False where the data is missing or damaged; the problem says how. */
  readonly readable: boolean;
  /** Why there are no values to show though the data is whole: a type that is listed only. */
  readonly undecoded?: string;
  /** Of a sharded checkpoint: the shard that holds it. */
  readonly file?: string;
  /** Name of the tensor that holds the gradient of the loss by this one. */
  readonly gradient?: string;
  /** True where the tensor has a value at every recorded training step. */
  readonly stepped?: boolean;
}

export interface LoraModuleInfo {
  /** Path of the adapted module in the base model, 'model.layers.0.self_attn.q_proj'. */
  readonly module: string;
  /** Index of the layer in the path, or null outside the numbered layers. */
  readonly layer: number | null;
  /** The path with the layer index taken out: one column of the grid, 'self_attn.q_proj'. */
  readonly group: string;
  readonly rank: number;
  readonly alpha: number | null;
  readonly scaling: number;
  /** How the scaling came about, for people: 'alpha / r = 16 / 8'. */
  readonly scalingSource: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Tensor names; '' for a half that is missing. A is (rank, inFeatures), B is (outFeatures, rank), unless `reshaped`. */
  readonly a: string;
  readonly b: string;
  /** True where the file stores them otherwise (convolutions, MLX): ask for the matrix kind 'factor' instead. */
  readonly reshaped?: boolean;
  /** The frozen weight (outFeatures, inFeatures), where known. */
  readonly weight?: string;
  /** How the method makes its change, where A and B are written out from other factors or are parts of larger ones. */
  readonly formula?: string;
  /** Why the product cannot be shown, for a pair that is incomplete or not 2-D. */
  readonly unavailable?: string;
}

/** The modules that a config names; a single string of `target_modules` is a regular expression. */
export interface AdapterTargets {
  readonly targetModules: readonly string[];
  readonly targetPattern: string | null;
  readonly targetParameters: readonly string[];
  readonly excludedModules: readonly string[];
  readonly modulesToSave: readonly string[];
}

/** One tensor of an adapter's module. */
export interface AdapterFactorInfo {
  readonly tensor: string;
  /** What it is for: 'A (down)', 'scaling vector over B'. */
  readonly role: string;
  readonly shape: readonly number[];
  /** What each dimension counts: ['rank', 'in']. */
  readonly dims: readonly string[];
}

/** All that an adapter does to one module of the base model, whatever the method and whoever wrote the file. */
export interface AdapterModuleInfo {
  /** Path of the module in the base model; '' for tensors that all modules share. */
  readonly module: string;
  /** PEFT's name for it: 'LORA', 'IA3', ...; 'SAVED' for a module that was saved whole. */
  readonly method: string;
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly scaling: number | null;
  readonly scalingSource: string | null;
  readonly inFeatures: number | null;
  readonly outFeatures: number | null;
  /** How many experts the factors are stacked for. */
  readonly experts?: number;
  readonly factors: readonly AdapterFactorInfo[];
  /** Entries of all factors. */
  readonly parameters: number;
  /** Why there is no change of the weight to show. */
  readonly unavailable?: string;
}

/** A bottleneck adapter: x + relu(x * wDown) * wUp. */
export interface BottleneckInfo {
  readonly module: string;
  readonly dModel: number;
  readonly bottleneckDim: number;
  readonly wDown: string;
  readonly wUp: string;
  /** True where the file stores both the other way round: ask for them transposed. */
  readonly transposed?: boolean;
  /** Names of the bias vectors, where there are any. */
  readonly downBias?: string;
  readonly upBias?: string;
  /** Where it is not a ReLU, or not known. */
  readonly nonLinearity?: string;
  /** How it is wired to the module beside it, for people. */
  readonly placement?: string;
  /** Of the last forward: (tokens, dModel), (tokens, bottleneckDim) before and after the ReLU, (tokens, dModel). */
  readonly activations?: {
    readonly input: string;
    readonly down: string;
    readonly activated: string;
    readonly output: string;
  };
}

export interface PrefixInfo {
  readonly module: string;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dHead: number;
  readonly prefixLength: number;
  /** Attention probabilities (batch, heads, tokens, prefixLength + tokens) of the last forward. */
  readonly attention?: {
    readonly name: string;
    readonly layer: number;
    readonly batch: number;
    readonly tokens: number;
    /** Every layer it was recorded in, the one above among them; only that one where left out. */
    readonly layers?: readonly { readonly layer: number; readonly name: string }[];
  };
  readonly hasGradient: boolean;
}

export interface PromptInfo {
  readonly module: string;
  readonly promptLength: number;
  readonly dModel: number;
  /** (promptLength, dModel). */
  readonly prompt: string;
  /** The prompt and the input embeddings as one sequence (promptLength + sequenceLength, dModel). */
  readonly sequence?: { readonly name: string; readonly sequenceLength: number };
}

export interface TrainingInfo {
  /** Optimiser steps whose tensors were recorded, ascending; the first is 0, before any step. */
  readonly recordedSteps: readonly number[];
  /** Loss before step i, for every step. */
  readonly loss: Float64Array;
  readonly optimiser: string;
  /** What the training moves towards, for people. */
  readonly target: string;
}

export interface SourceDescription {
  readonly kind: 'checkpoint' | 'demo';
  readonly title: string;
  readonly file?: {
    readonly path: string;
    readonly bytes: number;
    /** Modification time in ms since the epoch. */
    readonly modified: number;
    readonly format: string;
    readonly headerBytes: number;
    /** Pairs, in the file's order: names from strangers are never object keys. */
    readonly metadata: readonly (readonly [string, string])[];
    /** Of a sharded checkpoint, in the index's order; 0 bytes for a shard that is not there. */
    readonly shards?: readonly { readonly name: string; readonly bytes: number }[];
  };
  /** The adapter's peft_type, or null for a plain checkpoint. */
  readonly method: string | null;
  /** What adapter_config.json says, as label and text, most telling first; empty without one. */
  readonly config: readonly (readonly [string, string])[];
  readonly parameters: number;
  readonly tensors: readonly TensorInfo[];
  readonly lora: readonly LoraModuleInfo[];
  /** Every module that an adapter touches, of any method, with all its tensors; absent for the demo. */
  readonly adapters?: readonly AdapterModuleInfo[];
  /** Tensors of an adapter's file that none of its modules accounts for, and why. */
  readonly unexplained?: readonly { readonly tensor: string; readonly reason: string }[];
  /** What adapter_config.json says the adapter is on; null without a config. */
  readonly settings?: AdapterTargets | null;
  /** Who laid the adapter out, for people: 'Hugging Face PEFT', 'kohya', 'MLX'; null for no adapter. */
  readonly layout?: string | null;
  readonly bottlenecks: readonly BottleneckInfo[];
  readonly prefixes: readonly PrefixInfo[];
  readonly prompts: readonly PromptInfo[];
  readonly training?: TrainingInfo;
  readonly problems: readonly Problem[];
}
