/** Models to plan for without a config.json, with the sizes of their published configs. */

import type { RawConfig } from '../peftConfig/configValues';

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly config: RawConfig;
  /** Last segments, in lower case, of the hub names of models with exactly this shape. */
  readonly hubNames: readonly string[];
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'gpt2',
    title: 'GPT-2',
    config: {
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: 50257,
      n_positions: 1024,
      n_embd: 768,
      n_layer: 12,
      n_head: 12,
    },
    hubNames: ['gpt2'],
  },
  {
    id: 'bert-base',
    title: 'BERT-base',
    config: {
      model_type: 'bert',
      architectures: ['BertModel'],
      vocab_size: 30522,
      max_position_embeddings: 512,
      type_vocab_size: 2,
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
    },
    hubNames: ['bert-base-uncased'],
  },
  {
    id: 'llama-2-7b',
    title: 'Llama-2-7B',
    config: {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      vocab_size: 32000,
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      intermediate_size: 11008,
      tie_word_embeddings: false,
    },
    hubNames: ['llama-2-7b-hf', 'llama-2-7b-chat-hf', 'llama-2-7b', 'llama-7b-hf', 'llama-7b'],
  },
  {
    id: 'llama-3-8b',
    title: 'Llama-3-8B',
    config: {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      vocab_size: 128256,
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14336,
      tie_word_embeddings: false,
    },
    hubNames: [
      'llama-3-8b',
      'llama-3-8b-instruct',
      'meta-llama-3-8b',
      'meta-llama-3-8b-instruct',
      'meta-llama-3.1-8b',
      'meta-llama-3.1-8b-instruct',
      'llama-3.1-8b',
      'llama-3.1-8b-instruct',
    ],
  },
  {
    id: 'mistral-7b',
    title: 'Mistral-7B',
    config: {
      model_type: 'mistral',
      architectures: ['MistralForCausalLM'],
      vocab_size: 32000,
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14336,
      tie_word_embeddings: false,
    },
    hubNames: ['mistral-7b-v0.1', 'mistral-7b-instruct-v0.1', 'mistral-7b-instruct-v0.2'],
  },
  {
    id: 'qwen2.5-7b',
    title: 'Qwen2.5-7B',
    config: {
      model_type: 'qwen2',
      architectures: ['Qwen2ForCausalLM'],
      vocab_size: 152064,
      hidden_size: 3584,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      intermediate_size: 18944,
      tie_word_embeddings: false,
    },
    hubNames: ['qwen2.5-7b', 'qwen2.5-7b-instruct'],
  },
];

/** The end of the name of a 4-bit copy, which has the same shapes. */
const QUANTISED_COPY = /(-unsloth)?-bnb-4bit$/;

/** The preset with the shape of a hub model, 'meta-llama/Llama-2-7b-hf'; `null` if there is none. */
export function presetForHubName(name: string): Preset | null {
  const last = name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(QUANTISED_COPY, '');
  return PRESETS.find(({ hubNames }) => hubNames.includes(last)) ?? null;
}
