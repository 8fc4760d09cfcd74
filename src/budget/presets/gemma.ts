/** Gemma. */

import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

export const GEMMA_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'gemma', architectures: ['GemmaForCausalLM'], vocab_size: 256000, head_dim: 256 },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads'],
    [
      [
        [2048, 16384, 18, 8, 1],
        ['google/gemma-2b', 'google/gemma-2b-it'],
      ],
      [
        [3072, 24576, 28, 16, 16],
        ['google/gemma-7b', 'google/gemma-7b-it'],
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'gemma2', architectures: ['Gemma2ForCausalLM'], vocab_size: 256000 },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads', 'head_dim'],
    [
      [
        [2304, 9216, 26, 8, 4, 256],
        ['google/gemma-2-2b', 'google/gemma-2-2b-it'],
      ],
      [
        [3584, 14336, 42, 16, 8, 256],
        ['google/gemma-2-9b', 'google/gemma-2-9b-it'],
      ],
      [
        [4608, 36864, 46, 32, 16, 128],
        ['google/gemma-2-27b', 'google/gemma-2-27b-it'],
      ],
    ],
  ),
  ...presetTable(
    {
      model_type: 'gemma3_text',
      architectures: ['Gemma3ForCausalLM'],
      vocab_size: 262144,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers'],
    [
      [
        [1152, 6912, 26],
        ['google/gemma-3-1b-pt', 'google/gemma-3-1b-it'],
      ],
      [[640, 2048, 18], ['google/gemma-3-270m']],
    ],
  ),
];
