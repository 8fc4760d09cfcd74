/** Other decoders: Phi, Granite, Cohere, OLMo, StarCoder, DeepSeek, gpt-oss. */

import type { Preset } from './presetTable';
import { DECODER_SIZES, presetTable } from './presetTable';

export const DECODER_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'phi', architectures: ['PhiForCausalLM'], vocab_size: 51200, num_attention_heads: 32 },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers'],
    [
      [[2560, 10240, 32], ['microsoft/phi-2']],
      [[2048, 8192, 24], ['microsoft/phi-1_5'], { config: { num_key_value_heads: 32 } }],
    ],
  ),
  ...presetTable({ model_type: 'phi3', architectures: ['Phi3ForCausalLM'] }, DECODER_SIZES, [
    [
      [32064, 3072, 8192, 32, 32, 32],
      ['microsoft/Phi-3-mini-4k-instruct', 'microsoft/Phi-3.5-mini-instruct'],
    ],
    [[100352, 5120, 17920, 40, 40, 10], ['microsoft/phi-4'], { config: { pad_token_id: 0 } }],
  ]),
  ...presetTable(
    {
      model_type: 'granite',
      architectures: ['GraniteForCausalLM'],
      vocab_size: 49155,
      num_hidden_layers: 40,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      tie_word_embeddings: true,
    },
    ['hidden_size', 'intermediate_size'],
    [
      [[2048, 8192], ['ibm-granite/granite-3.3-2b-base']],
      [[4096, 12800], ['ibm-granite/granite-3.3-8b-base']],
    ],
  ),
  ...presetTable({ model_type: 'cohere', architectures: ['CohereForCausalLM'] }, DECODER_SIZES, [
    [[256000, 4096, 14336, 32, 32, 8], ['CohereForAI/aya-expanse-8b']],
  ]),
  ...presetTable(
    { model_type: 'olmo2', architectures: ['Olmo2ForCausalLM'], vocab_size: 100352, tie_word_embeddings: false },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads'],
    [
      [[4096, 11008, 32, 32, 32], ['allenai/OLMo-2-1124-7B']],
      [[5120, 13824, 40, 40, 40], ['allenai/OLMo-2-1124-13B']],
    ],
  ),
  ...presetTable(
    {
      model_type: 'starcoder2',
      architectures: ['Starcoder2ForCausalLM'],
      vocab_size: 49152,
      use_bias: true,
      tie_word_embeddings: true,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads'],
    [
      [[3072, 12288, 30, 24, 2], ['bigcode/starcoder2-3b']],
      [[4608, 18432, 32, 36, 4], ['bigcode/starcoder2-7b']],
    ],
  ),
  ...presetTable(
    {
      model_type: 'deepseek_v3',
      architectures: ['DeepseekV3ForCausalLM'],
      tie_word_embeddings: false,
      attention_bias: false,
      hidden_act: 'silu',
    },
    [
      'vocab_size',
      'hidden_size',
      'intermediate_size',
      'num_hidden_layers',
      'num_attention_heads',
      'num_key_value_heads',
      'head_dim',
      'moe_intermediate_size',
    ],
    [
      [
        [129280, 7168, 18432, 61, 128, 128, 64, 2048],
        ['deepseek-ai/DeepSeek-V3', 'deepseek-ai/DeepSeek-R1'],
        {
          config: {
            max_position_embeddings: 4096,
            n_routed_experts: 256,
            n_shared_experts: 1,
            num_experts_per_tok: 8,
            first_k_dense_replace: 3,
            q_lora_rank: 1536,
            kv_lora_rank: 512,
            qk_rope_head_dim: 64,
            qk_nope_head_dim: 128,
            v_head_dim: 128,
          },
        },
      ],
    ],
  ),
  ...presetTable(
    {
      model_type: 'gpt_oss',
      architectures: ['GptOssForCausalLM'],
      vocab_size: 201088,
      hidden_size: 2880,
      intermediate_size: 2880,
      head_dim: 64,
      num_attention_heads: 64,
      num_key_value_heads: 8,
    },
    ['num_hidden_layers', 'num_local_experts'],
    [
      [[24, 32], ['openai/gpt-oss-20b']],
      [[36, 128], ['openai/gpt-oss-120b']],
    ],
  ),
];
