/** Qwen. */

import type { Preset } from './presetTable';
import { DECODER_SIZES, presetTable } from './presetTable';

export const QWEN_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: false },
    DECODER_SIZES,
    [
      [
        [151936, 896, 4864, 24, 14, 2],
        ['Qwen/Qwen2.5-0.5B', 'Qwen/Qwen2.5-0.5B-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [
        [151936, 1536, 8960, 28, 12, 2],
        ['Qwen/Qwen2.5-1.5B', 'Qwen/Qwen2.5-1.5B-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [
        [151936, 2048, 11008, 36, 16, 2],
        ['Qwen/Qwen2.5-3B', 'Qwen/Qwen2.5-3B-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [
        [152064, 3584, 18944, 28, 28, 4],
        ['Qwen/Qwen2.5-7B', 'Qwen/Qwen2.5-7B-Instruct'],
      ],
      [
        [152064, 5120, 13824, 48, 40, 8],
        ['Qwen/Qwen2.5-14B', 'Qwen/Qwen2.5-14B-Instruct'],
      ],
      [
        [152064, 5120, 27648, 64, 40, 8],
        ['Qwen/Qwen2.5-32B', 'Qwen/Qwen2.5-32B-Instruct', 'Qwen/QwQ-32B'],
      ],
      [
        [152064, 8192, 29568, 80, 64, 8],
        ['Qwen/Qwen2.5-72B', 'Qwen/Qwen2.5-72B-Instruct'],
      ],
      [
        [152064, 3584, 18944, 28, 28, 4],
        ['Qwen/Qwen2-7B', 'Qwen/Qwen2-7B-Instruct'],
      ],
    ],
  ),
  ...presetTable(
    {
      model_type: 'qwen3',
      architectures: ['Qwen3ForCausalLM'],
      vocab_size: 151936,
      num_key_value_heads: 8,
      head_dim: 128,
      tie_word_embeddings: true,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [
        [1024, 3072, 28, 16],
        ['Qwen/Qwen3-0.6B', 'Qwen/Qwen3-0.6B-Base'],
      ],
      [
        [2048, 6144, 28, 16],
        ['Qwen/Qwen3-1.7B', 'Qwen/Qwen3-1.7B-Base'],
      ],
      [
        [2560, 9728, 36, 32],
        ['Qwen/Qwen3-4B', 'Qwen/Qwen3-4B-Base'],
      ],
      [[4096, 12288, 36, 32], ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B-Base'], { config: { tie_word_embeddings: false } }],
      [[5120, 17408, 40, 40], ['Qwen/Qwen3-14B', 'Qwen/Qwen3-14B-Base'], { config: { tie_word_embeddings: false } }],
      [[5120, 25600, 64, 64], ['Qwen/Qwen3-32B'], { config: { tie_word_embeddings: false } }],
    ],
  ),
  ...presetTable(
    {
      model_type: 'qwen3_moe',
      architectures: ['Qwen3MoeForCausalLM'],
      vocab_size: 151936,
      num_key_value_heads: 4,
      head_dim: 128,
      num_experts: 128,
      num_experts_per_tok: 8,
      tie_word_embeddings: false,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'moe_intermediate_size'],
    [
      [
        [2048, 6144, 48, 32, 768],
        ['Qwen/Qwen3-30B-A3B', 'Qwen/Qwen3-30B-A3B-Base'],
      ],
      [[4096, 12288, 94, 64, 1536], ['Qwen/Qwen3-235B-A22B']],
    ],
  ),
];
