/** The facts about a model type apart from its modules. Every fact of a type is a field here or in its table. */

import type { RawConfig } from '../../peftConfig/configValues';
import type { ModelShape } from '../modelShape';
import type { ForwardFacts } from './forwardFacts';
import type { PeftTargets } from './peftTargets';

export interface ModelFacts {
  readonly modelTypes: readonly string[];
  /** Defaults of transformers' config class for keys that a config.json may leave out. */
  readonly defaults?: RawConfig;
  /** Sizes of transformers' config class, which the text part of a multimodal config may leave out. */
  readonly classSizes?: RawConfig;
  /** Keys that hold the width of a head, for types that deviate from the usual ones. */
  readonly headDimKeys?: readonly string[];
  /** The entries of PEFT's mappings of default targets; empty if PEFT does not list the type. */
  readonly peftTargets?: PeftTargets;
  /** The name of the modules that LLaMA-Adapter wraps; absent if PEFT does not support the type. */
  readonly adaptionTarget?: string;
  /** What differs from the usual decoder in the forward pass. */
  readonly forward?: Partial<ForwardFacts>;
  /** Linears are stored as Conv1D, with weights of shape (in, out). */
  readonly conv1d?: boolean;
  /** The input does not consist of tokens. */
  readonly withoutTokens?: boolean;
  /** A sentence about what transformers 4 counts or names differently; `null` if nothing differs. */
  readonly versionNote?: (shape: ModelShape) => string | null;
}

/** The keys of `classSizes`: width, MLP width, layers, heads, vocabulary. */
export function sizes(
  hidden: number,
  intermediate: number,
  layers: number,
  heads: number,
  vocabulary: number,
): RawConfig {
  return {
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    vocab_size: vocabulary,
  };
}
