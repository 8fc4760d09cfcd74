/** Llama and models of its shape. */

import type { Preset } from './presetTable';
import { DECODER_SIZES, presetTable } from './presetTable';

export const LLAMA_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'llama', architectures: ['LlamaForCausalLM'], tie_word_embeddings: false },
    DECODER_SIZES,
    [
      [
        [32000, 4096, 11008, 32, 32, 32],
        [
          'meta-llama/Llama-2-7b-hf',
          'meta-llama/Llama-2-7b-chat-hf',
          'huggyllama/llama-7b',
          'meta-llama/Llama-2-7b',
          'unsloth/llama-2-7b',
          'yahma/llama-7b-hf',
          'decapoda-research/llama-7b-hf',
        ],
        { title: 'Llama-2-7B' },
      ],
      [
        [32000, 5120, 13824, 40, 40, 40],
        [
          'meta-llama/Llama-2-13b-hf',
          'meta-llama/Llama-2-13b-chat-hf',
          'meta-llama/Llama-2-13b',
          'unsloth/llama-2-13b',
        ],
      ],
      [
        [32000, 8192, 28672, 80, 64, 8],
        ['meta-llama/Llama-2-70b-hf', 'meta-llama/Llama-2-70b-chat-hf', 'meta-llama/Llama-2-70b'],
      ],
      [
        [128256, 4096, 14336, 32, 32, 8],
        [
          'meta-llama/Meta-Llama-3-8B',
          'meta-llama/Meta-Llama-3-8B-Instruct',
          'meta-llama/Llama-3.1-8B',
          'meta-llama/Llama-3.1-8B-Instruct',
          'deepseek-ai/DeepSeek-R1-Distill-Llama-8B',
          'meta-llama/Meta-Llama-3.1-8B',
          'meta-llama/Meta-Llama-3.1-8B-Instruct',
          'unsloth/llama-3-8b',
          'unsloth/llama-3-8b-Instruct',
          'meta-llama/Llama-3-8B',
          'meta-llama/Llama-3-8B-Instruct',
        ],
        { title: 'Llama-3-8B' },
      ],
      [
        [128256, 8192, 28672, 80, 64, 8],
        [
          'meta-llama/Meta-Llama-3-70B',
          'meta-llama/Llama-3.1-70B',
          'meta-llama/Llama-3.3-70B-Instruct',
          'deepseek-ai/DeepSeek-R1-Distill-Llama-70B',
          'meta-llama/Meta-Llama-3-70B-Instruct',
          'meta-llama/Llama-3.1-70B-Instruct',
          'meta-llama/Meta-Llama-3.1-70B',
          'meta-llama/Meta-Llama-3.1-70B-Instruct',
        ],
      ],
      [
        [128256, 2048, 8192, 16, 32, 8],
        ['meta-llama/Llama-3.2-1B', 'meta-llama/Llama-3.2-1B-Instruct'],
        { config: { head_dim: 64, tie_word_embeddings: true } },
      ],
      [
        [128256, 3072, 8192, 28, 24, 8],
        ['meta-llama/Llama-3.2-3B', 'meta-llama/Llama-3.2-3B-Instruct'],
        { config: { head_dim: 128, tie_word_embeddings: true } },
      ],
      [[32000, 2048, 5632, 22, 32, 4], ['TinyLlama/TinyLlama-1.1B-Chat-v1.0']],
      [
        [49152, 576, 1536, 30, 9, 3],
        ['HuggingFaceTB/SmolLM2-135M', 'HuggingFaceTB/SmolLM2-135M-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [
        [49152, 960, 2560, 32, 15, 5],
        ['HuggingFaceTB/SmolLM2-360M', 'HuggingFaceTB/SmolLM2-360M-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [
        [49152, 2048, 8192, 24, 32, 32],
        ['HuggingFaceTB/SmolLM2-1.7B', 'HuggingFaceTB/SmolLM2-1.7B-Instruct'],
        { config: { tie_word_embeddings: true } },
      ],
      [[64000, 4096, 11008, 48, 32, 4], ['01-ai/Yi-1.5-9B']],
      [[64000, 4096, 11008, 32, 32, 4], ['01-ai/Yi-6B']],
      [[32000, 8192, 22016, 48, 64, 8], ['codellama/CodeLlama-34b-hf']],
      [
        [128256, 16384, 53248, 126, 128, 8],
        [
          'meta-llama/Llama-3.1-405B',
          'meta-llama/Llama-3.1-405B-Instruct',
          'meta-llama/Meta-Llama-3.1-405B',
          'meta-llama/Meta-Llama-3.1-405B-Instruct',
        ],
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'smollm3', architectures: ['SmolLM3ForCausalLM'], tie_word_embeddings: true },
    DECODER_SIZES,
    [[[128256, 2048, 11008, 36, 16, 4], ['HuggingFaceTB/SmolLM3-3B']]],
  ),
  ...presetTable(
    { model_type: 'stablelm', architectures: ['StableLmForCausalLM'], use_qkv_bias: true, tie_word_embeddings: false },
    DECODER_SIZES,
    [[[100352, 2048, 5632, 24, 32, 32], ['stabilityai/stablelm-2-1_6b']]],
  ),
];
