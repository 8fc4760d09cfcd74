/**
 * Reads the sizes of one model from its part of a transformers config, under any of their usual names.
 *
 * Which modules the model has is in architectures/. Settings that change no shape are not read.
 */

import type { RawConfig } from '../peftConfig/configValues';
import { flag, MAX_LAYERS, MAX_VOCABULARY, MAX_WIDTH, readCount, requireCount } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { ModelFacts } from './architectures/modelFacts';
import type { ModelShape, Wrapper } from './modelShape';

/** Keys that hold a model's width. */
export const HIDDEN: readonly string[] = ['hidden_size', 'n_embd', 'd_model', 'n_embed', 'dim'];

const LAYERS = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers', 'encoder_layers'];
const HEADS = ['num_attention_heads', 'n_head', 'num_heads', 'n_heads', 'encoder_attention_heads'];
const HEAD_DIM = ['head_dim', 'qk_rope_head_dim', 'd_kv'];
const INTERMEDIATE = [
  'intermediate_size',
  'n_inner',
  'ffn_dim',
  'd_ff',
  'ffn_hidden_size',
  'encoder_ffn_dim',
  'hidden_dim',
];

interface ConfigPart {
  /** The part of the config that describes this model. */
  readonly part: RawConfig;
  readonly modelType: string;
  readonly wrapper: Wrapper | null;
  /** The config as given. */
  readonly whole: RawConfig;
  readonly facts: Pick<ModelFacts, 'defaults' | 'headDimKeys'>;
}

/** Throws `ConfigError` if a size is missing or is not a usable number. */
export function partShape({ part, modelType, wrapper, whole, facts }: ConfigPart): ModelShape {
  const config: Record<string, unknown> = { ...facts.defaults, ...part };
  // The default of one key and value for all heads does not hold if the config turns multi_query off.
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
  const headDim = readCount(config, facts.headDimKeys ?? HEAD_DIM, MAX_WIDTH) ?? Math.floor(hiddenSize / numHeads);
  if (headDim < 1) throw new ConfigError(present(config, HEADS), numHeads, `at most the hidden size, ${hiddenSize}`);
  const queryWidth = bounded('head_dim', headDim, numHeads);
  const keyValueWidth = bounded('head_dim', headDim, numKeyValueHeads);
  return {
    modelType,
    className: firstString(whole, 'architectures') ?? firstString(part, 'architectures'),
    hiddenSize,
    numLayers: requireCount(config, LAYERS, MAX_LAYERS),
    numHeads,
    numKeyValueHeads,
    headDim,
    queryWidth,
    keyValueWidth,
    // transformers fills in the key-value heads of types that have them, so the key's presence counts, even if null.
    prefixWidth: Object.hasOwn(config, 'num_key_value_heads') ? keyValueWidth : hiddenSize,
    // A list has one width per layer; the architecture reads it.
    intermediateSize: INTERMEDIATE.some((key) => Array.isArray(config[key]))
      ? null
      : readCount(config, INTERMEDIATE, MAX_WIDTH),
    vocabSize: readCount(config, VOCABULARY, MAX_VOCABULARY),
    encoderDecoder: flag(config, 'is_encoder_decoder', false),
    tiedEmbeddings: tiedEmbeddings(config, part, whole, wrapper !== null),
    config,
    whole,
    textPartOnly: wrapper !== null,
    wrapper,
  };
}

const VOCABULARY = ['vocab_size', 'padded_vocab_size'];

/**
 * The value of the part, else of the whole config, else the default of the part's type. In a multimodal model the whole
 * config comes first, because its class ties the output layer.
 */
function tiedEmbeddings(config: RawConfig, part: RawConfig, whole: RawConfig, multimodal: boolean): boolean {
  const places = multimodal ? [whole, part] : [part, whole];
  const own = places.find((each) => typeof each['tie_word_embeddings'] === 'boolean');
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
