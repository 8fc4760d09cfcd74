/**
 * Later models, most of them multimodal, with the month in which each was published.
 *
 * Sources: copies of the published config.json files, and for GLM-4-9B the defaults of transformers 5.18. The tests
 * compare the totals with those that transformers 5.18 builds; they were not compared with the Hub's own figures.
 */

import type { RawConfig } from '../../peftConfig/configValues';
import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

const one = (hubIds: readonly [string, ...string[]], config: RawConfig): Preset[] =>
  presetTable(config, [], [[[], hubIds]]);

const llama4 = (experts: number, expertLayerStep: number): RawConfig => ({
  model_type: 'llama4',
  architectures: ['Llama4ForConditionalGeneration'],
  text_config: {
    model_type: 'llama4_text',
    vocab_size: 202048,
    hidden_size: 5120,
    intermediate_size: 8192,
    intermediate_size_mlp: 16384,
    num_hidden_layers: 48,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    num_local_experts: experts,
    interleave_moe_layer_step: expertLayerStep,
  },
  vision_config: {
    model_type: 'llama4_vision_model',
    hidden_size: 1408,
    image_size: 336,
    intermediate_size: 5632,
    num_attention_heads: 16,
    num_channels: 3,
    num_hidden_layers: 34,
    patch_size: 14,
    pixel_shuffle_ratio: 0.5,
    projector_input_dim: 4096,
    projector_output_dim: 4096,
    vision_output_dim: 4096,
  },
});

export const RECENT_PRESETS: readonly Preset[] = [
  // Gemma 3, March 2025.
  ...one(['google/gemma-3-4b-pt', 'google/gemma-3-4b-it'], {
    model_type: 'gemma3',
    architectures: ['Gemma3ForConditionalGeneration'],
    text_config: {
      model_type: 'gemma3_text',
      vocab_size: 262208,
      hidden_size: 2560,
      intermediate_size: 10240,
      num_hidden_layers: 34,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
    },
    vision_config: {
      model_type: 'siglip_vision_model',
      hidden_size: 1152,
      intermediate_size: 4304,
      num_attention_heads: 16,
      num_hidden_layers: 27,
      image_size: 896,
      patch_size: 14,
      vision_use_head: false,
    },
  }),
  // Llama 4, April 2025.
  ...one(['meta-llama/Llama-4-Scout-17B-16E', 'meta-llama/Llama-4-Scout-17B-16E-Instruct'], llama4(16, 1)),
  ...one(['meta-llama/Llama-4-Maverick-17B-128E', 'meta-llama/Llama-4-Maverick-17B-128E-Instruct'], llama4(128, 2)),
  // GLM-4 in its form for transformers, January 2025: also the defaults of GlmConfig.
  ...one(['zai-org/glm-4-9b-chat-hf', 'THUDM/glm-4-9b-chat-hf', 'zai-org/glm-4-9b-hf', 'THUDM/glm-4-9b-hf'], {
    model_type: 'glm',
    architectures: ['GlmForCausalLM'],
    vocab_size: 151552,
    hidden_size: 4096,
    intermediate_size: 13696,
    num_hidden_layers: 40,
    num_attention_heads: 32,
    num_key_value_heads: 2,
    head_dim: 128,
    attention_bias: true,
    tie_word_embeddings: false,
  }),
  // GLM-4.1V, July 2025.
  ...one(['zai-org/GLM-4.1V-9B-Thinking', 'THUDM/GLM-4.1V-9B-Thinking', 'zai-org/GLM-4.1V-9B-Base'], {
    model_type: 'glm4v',
    architectures: ['Glm4vForConditionalGeneration'],
    vocab_size: 151552,
    hidden_size: 4096,
    intermediate_size: 13696,
    num_hidden_layers: 40,
    num_attention_heads: 32,
    num_key_value_heads: 2,
    attention_bias: true,
    tie_word_embeddings: false,
    vision_config: {
      hidden_size: 1536,
      depth: 24,
      num_heads: 12,
      attention_bias: false,
      intermediate_size: 13696,
      image_size: 336,
      patch_size: 14,
      out_hidden_size: 4096,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
    },
  }),
  // Qwen3-VL, October 2025.
  ...one(['Qwen/Qwen3-VL-4B-Instruct', 'Qwen/Qwen3-VL-4B-Thinking'], {
    model_type: 'qwen3_vl',
    architectures: ['Qwen3VLForConditionalGeneration'],
    tie_word_embeddings: true,
    text_config: {
      model_type: 'qwen3_vl_text',
      vocab_size: 151936,
      hidden_size: 2560,
      intermediate_size: 9728,
      num_hidden_layers: 36,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 128,
      tie_word_embeddings: true,
    },
    vision_config: {
      model_type: 'qwen3_vl_vision',
      depth: 24,
      hidden_size: 1024,
      intermediate_size: 4096,
      num_heads: 16,
      in_channels: 3,
      num_position_embeddings: 2304,
      out_hidden_size: 2560,
      patch_size: 16,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
      deepstack_visual_indexes: [5, 11, 17],
    },
  }),
  // Qwen3.5, March 2026.
  ...one(['Qwen/Qwen3.5-0.8B', 'Qwen/Qwen3.5-0.8B-Base'], {
    model_type: 'qwen3_5',
    architectures: ['Qwen3_5ForConditionalGeneration'],
    tie_word_embeddings: true,
    text_config: {
      model_type: 'qwen3_5_text',
      vocab_size: 248320,
      hidden_size: 1024,
      intermediate_size: 3584,
      num_hidden_layers: 24,
      num_attention_heads: 8,
      num_key_value_heads: 2,
      head_dim: 256,
      full_attention_interval: 4,
      linear_conv_kernel_dim: 4,
      linear_key_head_dim: 128,
      linear_num_key_heads: 16,
      linear_num_value_heads: 16,
      linear_value_head_dim: 128,
      tie_word_embeddings: true,
    },
    vision_config: {
      model_type: 'qwen3_5_vision',
      depth: 12,
      hidden_size: 768,
      intermediate_size: 3072,
      num_heads: 12,
      in_channels: 3,
      num_position_embeddings: 2304,
      out_hidden_size: 1024,
      patch_size: 16,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
      deepstack_visual_indexes: [],
    },
  }),
  // Qwen3-Next, September 2025.
  ...one(['Qwen/Qwen3-Next-80B-A3B-Instruct', 'Qwen/Qwen3-Next-80B-A3B-Thinking'], {
    model_type: 'qwen3_next',
    architectures: ['Qwen3NextForCausalLM'],
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5120,
    num_hidden_layers: 48,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 256,
    full_attention_interval: 4,
    linear_conv_kernel_dim: 4,
    linear_key_head_dim: 128,
    linear_num_key_heads: 16,
    linear_num_value_heads: 32,
    linear_value_head_dim: 128,
    decoder_sparse_step: 1,
    moe_intermediate_size: 512,
    num_experts: 512,
    shared_expert_intermediate_size: 512,
    tie_word_embeddings: false,
  }),
  // Granite 3.1 with experts, December 2024.
  ...one(['ibm-granite/granite-3.1-1b-a400m-base', 'ibm-granite/granite-3.1-1b-a400m-instruct'], {
    model_type: 'granitemoe',
    architectures: ['GraniteMoeForCausalLM'],
    vocab_size: 49155,
    hidden_size: 1024,
    intermediate_size: 512,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    num_local_experts: 32,
    tie_word_embeddings: true,
  }),
];
