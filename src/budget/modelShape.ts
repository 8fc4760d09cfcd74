/** The sizes of a model. `readModelShape` reads them, and the module tables are built from them. */

import type { RawConfig } from '../peftConfig/configValues';

export interface Wrapper {
  /** The path of the bare language model, given its path in a text-only class; `bare` for a class without a head. */
  readonly base: (ownPath: string, bare: boolean) => string;
  /** The path of the output layer's parent; '' for the top. */
  readonly head: string;
}

export interface ModelShape {
  /** transformers' `model_type`, or '' if the config does not state it. */
  readonly modelType: string;
  /** The first of `architectures`, 'LlamaForCausalLM'; `null` if the config has none. */
  readonly className: string | null;
  readonly hiddenSize: number;
  /** Blocks of the model, or of the encoder in an encoder-decoder. */
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  /** numHeads * headDim and numKeyValueHeads * headDim: outputs of the query, and of the key or value projection. */
  readonly queryWidth: number;
  readonly keyValueWidth: number;
  /**
   * Width of one key or value prefix in PEFT: `keyValueWidth` if the config has key-value heads, else `hiddenSize`.
   */
  readonly prefixWidth: number;
  /** `null` if the config has none of the usual names. */
  readonly intermediateSize: number | null;
  readonly vocabSize: number | null;
  readonly encoderDecoder: boolean;
  /** Whether the output layer shares the input embedding's weight. */
  readonly tiedEmbeddings: boolean;
  /** The part of the config that describes the language model, with the architecture's defaults filled in. */
  readonly config: RawConfig;
  /** The config as given. */
  readonly whole: RawConfig;
  /** Whether the config describes more than the language model, which alone is counted. */
  readonly textPartOnly: boolean;
  /** The place of the language model in a multimodal model; `null` if the model is only a language model. */
  readonly wrapper: Wrapper | null;
}
