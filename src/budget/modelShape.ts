/**
 * What a transformers `config.json` says about a model's sizes, under whichever of the usual names it says it.
 *
 * Left out: which modules the model has (architectures/), and everything that changes no shape.
 */

import { architectureOf } from './architectures';
import type { RawConfig } from './config';
import { flag, isObject, MAX_LAYERS, MAX_VOCABULARY, MAX_WIDTH, readCount, requireCount, text } from './config';
import { ConfigError } from './errors';

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

export interface Wrapper {
  /** The path of the bare language model, by the path it has in a class of its own. */
  readonly base: (ownPath: string) => string;
  /** What stands before the output layer's name. */
  readonly head: string;
}

const HIDDEN = ['hidden_size', 'n_embd', 'd_model', 'n_embed', 'dim'];
const LAYERS = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers', 'encoder_layers'];
const HEADS = ['num_attention_heads', 'n_head', 'num_heads', 'n_heads', 'encoder_attention_heads'];
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
  const { part, modelType, wrapper, composite } = languagePart(parsed);
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
  const keyValueHeads = readCount(config, ['num_key_value_heads'], numHeads);
  const numKeyValueHeads = keyValueHeads ?? numHeads;
  const headDim = readCount(config, ['head_dim', 'd_kv'], MAX_WIDTH) ?? Math.floor(hiddenSize / numHeads);
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
    intermediateSize: readCount(config, INTERMEDIATE, MAX_WIDTH),
    vocabSize: readCount(config, VOCABULARY, MAX_VOCABULARY),
    encoderDecoder: flag(config, 'is_encoder_decoder', false),
    tiedEmbeddings: tiedEmbeddings(config, part, parsed),
    config,
    whole: parsed,
    textPartOnly: part !== parsed && !composite,
    wrapper: composite ? null : wrapper,
  };
}

const VOCABULARY = ['vocab_size', 'padded_vocab_size'];

/** The part's own word counts, then the whole's, then the default of the part's type. */
function tiedEmbeddings(config: RawConfig, part: RawConfig, whole: RawConfig): boolean {
  const own = [part, whole].find((each) => typeof each['tie_word_embeddings'] === 'boolean');
  return flag(own ?? config, 'tie_word_embeddings', true);
}

/** transformers 5 holds the language model beside the vision tower, the output layer above both. */
const BESIDE_VISION: Wrapper = { base: () => 'model.language_model', head: '' };
const AS_TEXT_MODEL: Wrapper = { base: () => 'model.text_model', head: '' };
/** Others hold the whole language model, output layer included. */
const WHOLE_INSIDE: Wrapper = {
  base: (ownPath) => ['language_model', ownPath].filter(Boolean).join('.'),
  head: 'language_model',
};
const THINKER: Wrapper = { base: () => 'thinker.model', head: 'thinker' };
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  llama4: WHOLE_INSIDE,
  internvl_chat: WHOLE_INSIDE,
  idefics2: AS_TEXT_MODEL,
  idefics3: AS_TEXT_MODEL,
  smolvlm: AS_TEXT_MODEL,
  qwen2_5_omni: THINKER,
};

/** Configs of before text_config: the language model's sizes stand beside `vision_config`. */
const FLAT_MULTIMODAL: readonly string[] = ['qwen2_vl', 'qwen2_5_vl'];

interface LanguagePart {
  readonly part: RawConfig;
  readonly modelType: string;
  readonly wrapper: Wrapper | null;
  readonly composite: boolean;
}

function languagePart(config: RawConfig): LanguagePart {
  const outer = text(config, 'model_type') ?? '';
  const wrapper = (Object.hasOwn(WRAPPERS, outer) ? WRAPPERS[outer] : undefined) ?? BESIDE_VISION;
  const composite = architectureOf(outer)?.composite ?? false;
  const thinker = config['thinker_config'];
  for (const holder of isObject(thinker) ? [thinker, config] : [config]) {
    for (const key of ['text_config', 'llm_config', 'language_config']) {
      const part = Object.hasOwn(holder, key) ? holder[key] : undefined;
      if (!isObject(part)) continue;
      const modelType = composite ? outer : (text(part, 'model_type') ?? usualTextType(outer));
      if (composite || HIDDEN.some((name) => typeof part[name] === 'number'))
        return { part: composite ? withSizes(part) : part, modelType, wrapper, composite };
    }
  }
  if (FLAT_MULTIMODAL.includes(outer)) return { part: config, modelType: outer, wrapper, composite };
  return { part: config, modelType: outer, wrapper: null, composite };
}

/** A pair of towers reads its own sizes; these stand in where its text part leaves them to the defaults. */
function withSizes(part: RawConfig): RawConfig {
  return { hidden_size: 512, num_attention_heads: 8, num_hidden_layers: 12, ...part };
}

/** Text parts that leave their type to the model around them. */
function usualTextType(outer: string): string {
  const usual: Readonly<Record<string, string>> = { llava: 'llama', gemma3: 'gemma3_text', paligemma: 'gemma' };
  return (Object.hasOwn(usual, outer) ? usual[outer] : undefined) ?? `${outer}_text`;
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
