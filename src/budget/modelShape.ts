/** The sizes of a model, as `readModelShape` finds them and the module tables take them. */

import type { RawConfig } from '../peftConfig/configValues';

export interface Wrapper {
  /** The path of the bare language model, by the path it has in a class of its own; `bare` is of a class without head. */
  readonly base: (ownPath: string, bare: boolean) => string;
  /** What stands before the output layer's name. */
  readonly head: string;
}

export interface ModelShape {
  /** transformers' `model_type`, or '' where the config does not say. */
  readonly modelType: string;
  /** The first of `architectures`, 'LlamaForCausalLM', or null. */
  readonly className: string | null;
  readonly hiddenSize: number;
  /** Blocks of the model; of an encoder-decoder, those of its encoder. */
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  /** numHeads * headDim and numKeyValueHeads * headDim: outputs of the query and of the key and value projections. */
  readonly queryWidth: number;
  readonly keyValueWidth: number;
  /**
   * Width of one key or value prefix as PEFT makes it: `keyValueWidth` where the config has key-value heads, else
   * `hiddenSize`.
   */
  readonly prefixWidth: number;
  /** Null where the config has none of its names. */
  readonly intermediateSize: number | null;
  readonly vocabSize: number | null;
  readonly encoderDecoder: boolean;
  /** Whether the output layer shares the input embedding's weight. */
  readonly tiedEmbeddings: boolean;
  /** The part of the config that describes the language model, with the architecture's defaults filled in. */
  readonly config: RawConfig;
  /** The config as it was given. */
  readonly whole: RawConfig;
  /** True where the config describes more than its language model, which alone is counted. */
  readonly textPartOnly: boolean;
  /** Where a multimodal model keeps its language model; null where the model is one. */
  readonly wrapper: Wrapper | null;
}
