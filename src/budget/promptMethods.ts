/**
 * Methods that learn virtual tokens: prompt tuning, p-tuning, prefix tuning and related methods.
 *
 * n is the number of virtual tokens, d the width of a token, S the number of stacks (2 for an encoder-decoder task).
 */

import { architectureOf } from './architectures';
import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { ConfigError } from '../peftConfig/errors';
import type { ModelShape } from './modelShape';
import type { Part } from './methods/method';
import { frozen, stored, trained, unsaved } from './methods/method';

/** Throws `ConfigError` if PEFT would refuse the settings. */
type PromptParts = (shape: ModelShape, settings: AdapterSettings) => readonly Part[];

interface PromptMethod {
  readonly parts: PromptParts;
  /** 'input': virtual tokens precede the input. 'cache': they are keys and values that precede those of every layer. */
  readonly place: 'input' | 'cache';
}

/** More virtual tokens than any context holds. */
const MAX_TOKENS = 1 << 24;

const tokens = (settings: AdapterSettings): number => settings.count('num_virtual_tokens', undefined, MAX_TOKENS);

function stacks(settings: AdapterSettings): number {
  return settings.count('num_transformer_submodules', settings.text('task_type') === 'SEQ_2_SEQ_LM' ? 2 : 1);
}

/** PEFT does not read the key that DistilBERT and MPT have for their heads, but requires the number. */
function checkHeads({ config, modelType }: ModelShape, settings: AdapterSettings): void {
  if (settings.raw('num_attention_heads') === null && Object.hasOwn(config, 'n_heads'))
    throw new ConfigError('num_attention_heads', null, `a number: PEFT does not know how many heads ${modelType} has`);
}

function tokenWidth(shape: ModelShape, settings: AdapterSettings): number {
  if (settings.raw('token_dim') === null && shape.config['dim'] === shape.hiddenSize)
    throw new ConfigError('token_dim', null, `a width: PEFT does not know how wide ${shape.modelType} is`);
  return settings.count('token_dim', shape.hiddenSize);
}

/** Width of one key or one value. With grouped queries only the key-value heads count. */
function keyValueWidth(shape: ModelShape, settings: AdapterSettings): number {
  const width = tokenWidth(shape, settings);
  if (!Object.hasOwn(shape.config, 'num_key_value_heads')) return width;
  const globalHeads = shape.config['global_head_dim'];
  if (typeof globalHeads === 'number') {
    const heads = shape.config['num_global_key_value_heads'];
    return globalHeads * (typeof heads === 'number' ? heads : shape.numKeyValueHeads);
  }
  // PEFT divides the adapter's own width by its heads if the model's config states no head width.
  const heads = settings.count('num_attention_heads', shape.numHeads);
  const ownHead = typeof shape.config['head_dim'] === 'number' || typeof shape.config['qk_rope_head_dim'] === 'number';
  return ownHead ? shape.keyValueWidth : Math.floor(width / heads) * shape.numKeyValueHeads;
}

function layerCount({ numLayers }: ModelShape, settings: AdapterSettings): number {
  return settings.count('num_layers', numLayers);
}

const promptTuning: PromptParts = (shape, settings) => {
  // Tokens initialised from the vocabulary are as wide as its embeddings, regardless of `token_dim`.
  const isWord = ['TEXT', 'SAMPLE_VOCAB'].includes(settings.text('prompt_tuning_init') ?? '');
  const width = isWord ? shape.hiddenSize : tokenWidth(shape, settings);
  return [trained('prompt_embeddings', tokens(settings) * stacks(settings), width)];
};

const prefixTuning: PromptParts = (shape, settings) => {
  const n = tokens(settings);
  const width = keyValueWidth(shape, settings);
  const all = 2 * layerCount(shape, settings) * width;
  if (!settings.flag('prefix_projection')) return [trained('prompt_embeddings', n, all)];
  // PEFT saves the prefix that the network computes, not the network.
  const h = settings.count('encoder_hidden_size', width);
  return [unsaved(trained('embedding', n, width)), ...network([width, h, all]), stored('prompt_embeddings', n, all)];
};

/** Linear layers with biases between these widths. */
function network(widths: readonly number[]): Part[] {
  return widths.slice(1).flatMap((out, index) => {
    const name = `network.${index}`;
    return [unsaved(trained(`${name}.weight`, out, widths[index] ?? 0)), unsaved(trained(`${name}.bias`, out))];
  });
}

const pTuning: PromptParts = (shape, settings) => {
  const rows = tokens(settings) * stacks(settings);
  const d = tokenWidth(shape, settings);
  const h = settings.count('encoder_hidden_size', d);
  const encoder = settings.word('encoder_reparameterization_type');
  const own =
    encoder === 'MLP'
      ? network([d, h, h, d])
      : [...lstm(d, h, settings.count('encoder_num_layers')), ...network([2 * h, 2 * h, d])];
  return [unsaved(trained('embedding', rows, d)), ...own, stored('prompt_embeddings', rows, d)];
};

/** Each layer runs in two directions. Each direction has four gates with two biases each. */
function lstm(d: number, h: number, depth: number): Part[] {
  return Array.from({ length: depth }, (_, layer) =>
    ['forward', 'backward'].flatMap((way) => [
      unsaved(trained(`lstm.${layer}.${way}.input`, 4 * h, layer === 0 ? d : 2 * h)),
      unsaved(trained(`lstm.${layer}.${way}.hidden`, 4 * h, h)),
      unsaved(trained(`lstm.${layer}.${way}.biases`, 2, 4 * h)),
    ]),
  ).flat();
}

const multitaskPromptTuning: PromptParts = (shape, settings) => {
  const rows = tokens(settings) * stacks(settings);
  const d = tokenWidth(shape, settings);
  const tasks = settings.count('num_tasks');
  const ranks = settings.count('num_ranks');
  return [
    trained('prompt_embeddings', rows, d),
    trained('prefix_task_cols', tasks, rows, ranks),
    trained('prefix_task_rows', tasks, ranks, d),
  ];
};

/** CPT trains a change to the embeddings of given tokens. The embeddings themselves stay frozen. */
const cpt: PromptParts = (shape, settings) => {
  const ids = settings.raw('cpt_token_ids');
  const n = Array.isArray(ids) && ids.length > 0 ? ids.length : tokens(settings);
  // The width is the model's, regardless of `token_dim`.
  const d = shape.hiddenSize;
  return [trained('prompt_embeddings', n, d), unsaved(frozen('embedding', n, d))];
};

/** A key-value cache as parameters. Its first tokens may be frozen. */
const cartridge: PromptParts = (shape, settings) => {
  const n = tokens(settings);
  const still = Math.min(settings.size('num_frozen_tokens'), n);
  const width = 2 * layerCount(shape, settings) * keyValueWidth(shape, settings);
  return [
    unsaved(trained('trained', n - still, width)),
    unsaved(frozen('frozen', still, width)),
    stored('prompt_embeddings', n, width),
  ];
};

const checked =
  (parts: PromptParts): PromptParts =>
  (shape, settings) => {
    checkHeads(shape, settings);
    if (shape.vocabSize === null && architectureOf(shape.modelType))
      throw new ConfigError('vocab_size', null, 'a vocabulary size: virtual tokens are joined to embedded tokens');
    return parts(shape, settings);
  };

const PROMPT_METHODS: Readonly<Record<string, PromptMethod>> = {
  PROMPT_TUNING: { parts: checked(promptTuning), place: 'input' },
  PREFIX_TUNING: { parts: checked(prefixTuning), place: 'cache' },
  P_TUNING: { parts: checked(pTuning), place: 'input' },
  MULTITASK_PROMPT_TUNING: { parts: checked(multitaskPromptTuning), place: 'input' },
  CPT: { parts: checked(cpt), place: 'input' },
  CARTRIDGE: { parts: checked(cartridge), place: 'cache' },
};

/** `null` for any other peft_type. */
export function promptMethodOf(type: string): PromptMethod | null {
  return Object.hasOwn(PROMPT_METHODS, type) ? (PROMPT_METHODS[type] ?? null) : null;
}
