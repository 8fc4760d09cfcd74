/** The decoders before Llama: GPT, Pythia, Falcon, BLOOM, OPT. */

import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

export const GPT_PRESETS: readonly Preset[] = [
  ...presetTable(
    {
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: 50257,
      tie_word_embeddings: true,
      n_positions: 1024,
      activation_function: 'gelu_new',
    },
    ['n_embd', 'n_layer', 'n_head'],
    [
      [[768, 12, 12], ['openai-community/gpt2', 'gpt2'], { title: 'GPT-2', id: 'gpt2' }],
      [[1024, 24, 16], ['openai-community/gpt2-medium']],
      [[1280, 36, 20], ['openai-community/gpt2-large']],
      [[1600, 48, 25], ['openai-community/gpt2-xl']],
    ],
  ),
  ...presetTable(
    { model_type: 'gpt_neo', architectures: ['GPTNeoForCausalLM'], vocab_size: 50257 },
    ['hidden_size', 'num_layers', 'num_heads'],
    [
      [
        [2048, 24, 16],
        ['EleutherAI/gpt-neo-1.3B'],
        {
          config: {
            attention_types: [[['global', 'local'], 12]],
            max_position_embeddings: 2048,
            tie_word_embeddings: true,
            activation_function: 'gelu_new',
          },
        },
      ],
      [[768, 12, 12], ['EleutherAI/gpt-neo-125m'], { config: { attention_types: [[['global', 'local'], 6]] } }],
      [[2560, 32, 20], ['EleutherAI/gpt-neo-2.7B'], { config: { attention_types: [[['global', 'local'], 16]] } }],
    ],
  ),
  ...presetTable(
    {
      model_type: 'gptj',
      architectures: ['GPTJForCausalLM'],
      tie_word_embeddings: false,
      activation_function: 'gelu_new',
    },
    ['vocab_size', 'n_embd', 'n_layer', 'n_head'],
    [[[50400, 4096, 28, 16], ['EleutherAI/gpt-j-6b'], { config: { n_positions: 2048, rotary_dim: 64 } }]],
  ),
  ...presetTable(
    { model_type: 'gpt_neox', architectures: ['GPTNeoXForCausalLM'] },
    ['vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [[50432, 6144, 24576, 44, 64], ['EleutherAI/gpt-neox-20b']],
      [[50304, 512, 2048, 6, 8], ['EleutherAI/pythia-70m']],
      [[50304, 768, 3072, 12, 12], ['EleutherAI/pythia-160m']],
      [[50304, 1024, 4096, 24, 16], ['EleutherAI/pythia-410m']],
      [[50304, 2048, 8192, 16, 8], ['EleutherAI/pythia-1b']],
      [[50304, 2048, 8192, 24, 16], ['EleutherAI/pythia-1.4b']],
      [[50304, 2560, 10240, 32, 32], ['EleutherAI/pythia-2.8b']],
      [[50432, 4096, 16384, 32, 32], ['EleutherAI/pythia-6.9b']],
      [[50688, 5120, 20480, 36, 40], ['EleutherAI/pythia-12b']],
    ],
  ),
  ...presetTable(
    {
      model_type: 'falcon',
      architectures: ['FalconForCausalLM'],
      vocab_size: 65024,
      parallel_attn: true,
      bias: false,
      alibi: false,
    },
    ['hidden_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [[4544, 32, 71], ['tiiuae/falcon-7b'], { config: { multi_query: true, new_decoder_architecture: false } }],
      [
        [8192, 60, 128],
        ['tiiuae/falcon-40b'],
        { config: { num_kv_heads: 8, new_decoder_architecture: true, tie_word_embeddings: false } },
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'bloom', architectures: ['BloomForCausalLM'], vocab_size: 250880 },
    ['hidden_size', 'n_layer', 'n_head'],
    [
      [[1024, 24, 16], ['bigscience/bloom-560m']],
      [[2048, 24, 16], ['bigscience/bloom-1b7']],
      [[2560, 30, 32], ['bigscience/bloom-3b']],
      [[4096, 30, 32], ['bigscience/bloom-7b1']],
      [[14336, 70, 112], ['bigscience/bloom']],
    ],
  ),
  ...presetTable(
    { model_type: 'opt', architectures: ['OPTForCausalLM'], vocab_size: 50272, do_layer_norm_before: true },
    ['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'ffn_dim', 'word_embed_proj_dim'],
    [
      [[768, 12, 12, 3072, 768], ['facebook/opt-125m']],
      [[1024, 24, 16, 4096, 512], ['facebook/opt-350m'], { config: { do_layer_norm_before: false } }],
      [[2048, 24, 32, 8192, 2048], ['facebook/opt-1.3b']],
      [[2560, 32, 32, 10240, 2560], ['facebook/opt-2.7b']],
      [[4096, 32, 32, 16384, 4096], ['facebook/opt-6.7b']],
      [[5120, 40, 40, 20480, 5120], ['facebook/opt-13b']],
    ],
  ),
];
