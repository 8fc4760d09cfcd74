/** Describes a source (an opened checkpoint, or a run of the demo): enough to lay out a view, without values. */

import type { Problem } from '../peftConfig/problem';

export interface PackedInfo {
  readonly name: string;
  /** How it is packed, for users: 'GPTQ, 4 bits'. */
  readonly format: string;
  /** The shape of the weight; `null` if the header does not give it. */
  readonly shape: readonly number[] | null;
  readonly parameters: number;
}

export interface TensorInfo {
  readonly name: string;
  /** The file's spelling: 'F32', 'BF16', ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** False if the data is missing or damaged; one of the problems says why. */
  readonly readable: boolean;
  /** Why intact data has no values to show: its type is not decoded. */
  readonly undecoded?: string;
  /** The weight that a packed tensor stands for, in a quantised checkpoint. */
  readonly packed?: PackedInfo;
  /** The shard that holds it, in a sharded checkpoint. */
  readonly file?: string;
  /** Name of the tensor that holds the gradient of the loss with respect to this one. */
  readonly gradient?: string;
  /** The training at whose recorded steps the tensor has a value each. Absent for one value. */
  readonly stepped?: TrainedMethod;
}

export interface LoraModuleInfo {
  /** Path of the adapted module in the base model, 'model.layers.0.self_attn.q_proj'. */
  readonly module: string;
  /** The path with dots, if the file writes it with underscores, as kohya's scripts do. */
  readonly path?: string;
  /** Layer index in the path, or `null` outside the numbered layers. */
  readonly layer: number | null;
  /** The path without the layer index, 'self_attn.q_proj': one column of the grid. */
  readonly group: string;
  /** The block of a UNet that the module lies in. The layer and the group are those within the block. */
  readonly block?: string;
  readonly rank: number;
  readonly alpha: number | null;
  readonly scaling: number;
  /** How the scaling was derived, for users: 'alpha / r = 16 / 8'. */
  readonly scalingSource: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Tensor names; '' for a missing half. A is (rank, inFeatures), B is (outFeatures, rank), unless `reshaped`. */
  readonly a: string;
  readonly b: string;
  /** True if the file stores them in another shape (convolutions, MLX): ask for the matrix kind 'factor' instead. */
  readonly reshaped?: boolean;
  /** Tensor name of the frozen weight (outFeatures, inFeatures), if known. */
  readonly weight?: string;
  /** The method's formula, if A and B are computed from other factors or are parts of larger ones. */
  readonly formula?: string;
  /** The method's own factors, if the change is not a product B * A of two stored matrices. */
  readonly structure?: ProductStructure;
  /** Why the product cannot be shown: the pair is incomplete or not 2-D. */
  readonly unavailable?: string;
}

/** A product of another form than B * A: W1 kron W2 (LoKr), or (W1a W1b) o (W2a W2b) (LoHa). */
export interface ProductStructure {
  readonly kind: 'kronecker' | 'hadamard';
  readonly factors: readonly StructureFactor[];
}

/** W1 or W2 of a Kronecker product, or one factor of an elementwise product. */
export interface StructureFactor {
  readonly part: 'w1' | 'w2' | 'w1_a' | 'w1_b' | 'w2_a' | 'w2_b';
  /** The tensor that holds it as it is; absent if it is a product of others. */
  readonly tensor?: string;
  readonly rows: number;
  readonly columns: number;
}

/** The modules that a config names. If `target_modules` is a single string, it is a regular expression. */
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
  /** Its role for users: 'A (down)', 'scaling vector over B'. */
  readonly role: string;
  readonly shape: readonly number[];
  /** What each dimension counts: ['rank', 'in']. */
  readonly dims: readonly string[];
}

/** Everything an adapter does to one module of the base model, for any method and layout. */
export interface AdapterModuleInfo {
  /** Path of the module in the base model; '' for tensors shared by all modules. */
  readonly module: string;
  /** PEFT's name for the method: 'LORA', 'IA3', ...; 'SAVED' for a module that was saved whole. */
  readonly method: string;
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly scaling: number | null;
  readonly scalingSource: string | null;
  readonly inFeatures: number | null;
  readonly outFeatures: number | null;
  /** Number of experts that the factors are stacked for. */
  readonly experts?: number;
  readonly factors: readonly AdapterFactorInfo[];
  /** Total number of entries of the factors. */
  readonly parameters: number;
  /** Why the change of the weight cannot be shown. */
  readonly unavailable?: string;
}

/** A bottleneck adapter: x + relu(x * wDown) * wUp. */
export interface BottleneckInfo {
  readonly module: string;
  readonly dModel: number;
  readonly bottleneckDim: number;
  readonly wDown: string;
  readonly wUp: string;
  /** True if the file stores both transposed: ask for them with `transposed`. */
  readonly transposed?: boolean;
  /** Names of the bias vectors, if any. */
  readonly downBias?: string;
  readonly upBias?: string;
  /** The activation, if it is not a ReLU or is unknown. */
  readonly nonLinearity?: string;
  /** How it is wired to the neighbouring module, for users. */
  readonly placement?: string;
  /** Last forward: (tokens, dModel), (tokens, bottleneckDim) before and after the ReLU, (tokens, dModel). */
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
    /** All recorded layers, including the one above. If absent, only that one was recorded. */
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

/** The methods that the demo trains. */
export type TrainedMethod = 'lora' | 'adapter' | 'prefix' | 'prompt';

export interface TrainingInfo {
  /** Optimiser steps whose tensors were recorded, ascending; the first is 0, before any step. */
  readonly recordedSteps: readonly number[];
  /** Loss before step i, for each step. */
  readonly loss: Float64Array;
  readonly optimiser: string;
  /** What the training converges to, for users. */
  readonly target: string;
  /** What one sees before the first step, and which gradients are zero there. Sentences for users. */
  readonly start: string;
}

/** All trainings of a source have the same recorded steps. */
export type Trainings = Readonly<Record<TrainedMethod, TrainingInfo>>;

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
    /** Pairs in file order. Untrusted names are never object keys. */
    readonly metadata: readonly (readonly [string, string])[];
    /** The shards of a sharded checkpoint, in index order; 0 bytes for a missing shard. */
    readonly shards?: readonly { readonly name: string; readonly bytes: number }[];
  };
  /** The adapter's peft_type, or `null` for a plain checkpoint. */
  readonly method: string | null;
  /** Rows of adapter_config.json as label and text, the most important first; empty without a config. */
  readonly config: readonly (readonly [string, string])[];
  readonly parameters: number;
  readonly tensors: readonly TensorInfo[];
  readonly lora: readonly LoraModuleInfo[];
  /** Every module that an adapter changes, with all its tensors, for any method. Absent for the demo. */
  readonly adapters?: readonly AdapterModuleInfo[];
  /** Tensors in an adapter's file that belong to none of its modules, and why. */
  readonly unexplained?: readonly { readonly tensor: string; readonly reason: string }[];
  /** The modules that adapter_config.json targets; `null` without a config. */
  readonly settings?: AdapterTargets | null;
  /** The adapter's layout, for users: 'Hugging Face PEFT', 'kohya', 'MLX'. `null` if it is not an adapter. */
  readonly layout?: string | null;
  readonly bottlenecks: readonly BottleneckInfo[];
  readonly prefixes: readonly PrefixInfo[];
  readonly prompts: readonly PromptInfo[];
  readonly trainings?: Trainings;
  readonly problems: readonly Problem[];
}
