/** Mistral and Mixtral. */

import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

export const MISTRAL_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'mistral', architectures: ['MistralForCausalLM'], num_attention_heads: 32, num_key_value_heads: 8 },
    ['vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers'],
    [
      [
        [32000, 4096, 14336, 32],
        ['mistralai/Mistral-7B-v0.1', 'mistralai/Mistral-7B-Instruct-v0.1', 'mistralai/Mistral-7B-Instruct-v0.2'],
        { title: 'Mistral-7B' },
      ],
      [
        [32768, 4096, 14336, 32],
        ['mistralai/Mistral-7B-v0.3', 'mistralai/Mistral-7B-Instruct-v0.3'],
      ],
      [[131072, 4096, 12288, 36], ['mistralai/Ministral-8B-Instruct-2410'], { config: { head_dim: 128 } }],
      [[131072, 5120, 14336, 40], ['mistralai/Mistral-Nemo-Base-2407'], { config: { head_dim: 128 } }],
      [[131072, 5120, 32768, 40], ['mistralai/Mistral-Small-24B-Base-2501'], { config: { head_dim: 128 } }],
    ],
  ),
  ...presetTable(
    {
      model_type: 'mixtral',
      architectures: ['MixtralForCausalLM'],
      vocab_size: 32000,
      num_key_value_heads: 8,
      num_local_experts: 8,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [
        [4096, 14336, 32, 32],
        ['mistralai/Mixtral-8x7B-v0.1', 'mistralai/Mixtral-8x7B-Instruct-v0.1'],
      ],
      [[6144, 16384, 56, 48], ['mistralai/Mixtral-8x22B-v0.1']],
    ],
  ),
];
