/**
 * What a transformers `config.json` says about a model's sizes, under whichever of the usual names it says it.
 *
 * Left out: which modules the model has (architectures/), and everything that changes no shape.
 */

import { architectureOf } from './architectures';
import type { RawConfig } from '../peftConfig/configValues';
import { flag, isObject, MAX_LAYERS, MAX_VOCABULARY, MAX_WIDTH, readCount, requireCount } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { Wrapper } from './languagePart';
import { HIDDEN, languagePart } from './languagePart';

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

const LAYERS = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers', 'encoder_layers'];
const HEADS = ['num_attention_heads', 'n_head', 'num_heads', 'n_heads', 'encoder_attention_heads'];
/** With latent attention a head is as wide as its rotated part; two types overwrite what their configs say. */
const HEAD_DIM: Readonly<Record<string, readonly string[]>> = {
  deepseek_v2: ['qk_rope_head_dim'],
  deepseek_v32: ['qk_rope_head_dim'],
};
const INTERMEDIATE = [
  'intermediate_size',
  'n_inner',
  'ffn_dim',
  'd_ff',
  'ffn_hidden_size',
  'encoder_ffn_dim',
  'hidden_dim',
];

/** Throws `ConfigError` where a size is missing or is not a usable number. */
export function readModelShape(parsed: unknown): ModelShape {
  if (!isObject(parsed)) throw new ConfigError('(the file)', parsed, 'a JSON object');
  const { part, modelType, wrapper } = languagePart(parsed);
  const config: Record<string, unknown> = { ...architectureOf(modelType)?.defaults, ...part };
  // One key and value for all heads is a default only where nothing says otherwise.
  if (
    part['multi_query'] === false &&
    !Object.hasOwn(part, 'num_key_value_heads') &&
    Object.hasOwn(config, 'num_key_value_heads')
  )
    config['num_key_value_heads'] = null;

  const hiddenSize = requireCount(config, HIDDEN, MAX_WIDTH);
  const numHeads = requireCount(config, HEADS, MAX_WIDTH);
  const keyValueHeads = readCount(config, ['num_key_value_heads'], MAX_WIDTH);
  const numKeyValueHeads = keyValueHeads ?? numHeads;
  const headDim =
    readCount(config, own(HEAD_DIM, modelType) ?? ['head_dim', 'qk_rope_head_dim', 'd_kv'], MAX_WIDTH) ?? Math.floor(hiddenSize / numHeads);
  if (headDim < 1) throw new ConfigError(present(config, HEADS), numHeads, `at most the hidden size, ${hiddenSize}`);
  const queryWidth = bounded('head_dim', headDim, numHeads);
  const keyValueWidth = bounded('head_dim', headDim, numKeyValueHeads);
  return {
    modelType,
    className: firstString(parsed, 'architectures') ?? firstString(part, 'architectures'),
    hiddenSize,
    numLayers: requireCount(config, LAYERS, MAX_LAYERS),
    numHeads,
    numKeyValueHeads,
    headDim,
    queryWidth,
    keyValueWidth,
    // transformers fills in key-value heads for the types that know them, so the key counts even where it is null.
    prefixWidth: Object.hasOwn(config, 'num_key_value_heads') ? keyValueWidth : hiddenSize,
    // A list has a width for each layer, which its architecture reads.
    intermediateSize: INTERMEDIATE.some((key) => Array.isArray(config[key])) ? null : readCount(config, INTERMEDIATE, MAX_WIDTH),
    vocabSize: readCount(config, VOCABULARY, MAX_VOCABULARY),
    encoderDecoder: flag(config, 'is_encoder_decoder', false),
    tiedEmbeddings: tiedEmbeddings(config, part, parsed),
    config,
    whole: parsed,
    textPartOnly: wrapper !== null,
    wrapper,
  };
}

const VOCABULARY = ['vocab_size', 'padded_vocab_size'];

/** The part's own word counts, then the whole's, then the default of the part's type. */
function tiedEmbeddings(config: RawConfig, part: RawConfig, whole: RawConfig): boolean {
  const own = [part, whole].find((each) => typeof each['tie_word_embeddings'] === 'boolean');
  return flag(own ?? config, 'tie_word_embeddings', true);
}

function firstString(config: RawConfig, key: string): string | null {
  const list = Object.hasOwn(config, key) ? config[key] : undefined;
  return Array.isArray(list) && typeof list[0] === 'string' ? list[0] : null;
}

function present(config: RawConfig, keys: readonly string[]): string {
  return keys.find((key) => Object.hasOwn(config, key)) ?? keys[0] ?? '';
}

function bounded(key: string, headDim: number, heads: number): number {
  if (headDim * heads > MAX_WIDTH)
    throw new ConfigError(key, headDim, `at most ${Math.floor(MAX_WIDTH / heads)} for ${heads} heads`);
  return headDim * heads;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
