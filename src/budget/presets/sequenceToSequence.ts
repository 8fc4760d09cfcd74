/** Encoder-decoders: T5, mT5, BART, Whisper. */

import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

export const SEQUENCE_TO_SEQUENCE_PRESETS: readonly Preset[] = [
  ...presetTable(
    {
      model_type: 't5',
      architectures: ['T5ForConditionalGeneration'],
      vocab_size: 32128,
      feed_forward_proj: 'relu',
      tie_word_embeddings: true,
    },
    ['d_model', 'd_ff', 'd_kv', 'num_layers', 'num_heads'],
    [
      [[512, 2048, 64, 6, 8], ['google-t5/t5-small']],
      [[768, 3072, 64, 12, 12], ['google-t5/t5-base']],
      [[1024, 4096, 64, 24, 16], ['google-t5/t5-large']],
      [[1024, 16384, 128, 24, 32], ['google-t5/t5-3b']],
      [[1024, 65536, 128, 24, 128], ['google-t5/t5-11b']],
      [
        [512, 1024, 64, 8, 6],
        ['google/flan-t5-small'],
        { config: { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false } },
      ],
      [
        [768, 2048, 64, 12, 12],
        ['google/flan-t5-base'],
        { config: { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false } },
      ],
      [
        [1024, 2816, 64, 24, 16],
        ['google/flan-t5-large'],
        { config: { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false } },
      ],
      [
        [2048, 5120, 64, 24, 32],
        ['google/flan-t5-xl'],
        { config: { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false } },
      ],
      [
        [4096, 10240, 64, 24, 64],
        ['google/flan-t5-xxl'],
        { config: { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false } },
      ],
    ],
  ),
  ...presetTable(
    {
      model_type: 'mt5',
      architectures: ['MT5ForConditionalGeneration'],
      vocab_size: 250112,
      d_kv: 64,
      feed_forward_proj: 'gated-gelu',
      tie_word_embeddings: false,
    },
    ['d_model', 'd_ff', 'num_layers', 'num_heads'],
    [
      [[512, 1024, 8, 6], ['google/mt5-small']],
      [
        [768, 2048, 12, 12],
        ['google/mt5-base', 'bigscience/mt0-base'],
      ],
      [
        [1024, 2816, 24, 16],
        ['google/mt5-large', 'bigscience/mt0-large'],
      ],
      [
        [4096, 10240, 24, 64],
        ['google/mt5-xxl', 'bigscience/mt0-xxl'],
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'bart', architectures: ['BartForConditionalGeneration'], vocab_size: 50265 },
    [
      'd_model',
      'encoder_layers',
      'decoder_layers',
      'encoder_attention_heads',
      'decoder_attention_heads',
      'encoder_ffn_dim',
      'decoder_ffn_dim',
    ],
    [
      [[768, 6, 6, 12, 12, 3072, 3072], ['facebook/bart-base']],
      [
        [1024, 12, 12, 16, 16, 4096, 4096],
        ['facebook/bart-large'],
        { config: { max_position_embeddings: 1024, tie_word_embeddings: true, activation_function: 'gelu' } },
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'whisper', architectures: ['WhisperForConditionalGeneration'], num_mel_bins: 80 },
    [
      'vocab_size',
      'd_model',
      'encoder_layers',
      'decoder_layers',
      'encoder_attention_heads',
      'decoder_attention_heads',
      'encoder_ffn_dim',
      'decoder_ffn_dim',
    ],
    [
      [[51865, 384, 4, 4, 6, 6, 1536, 1536], ['openai/whisper-tiny']],
      [[51865, 512, 6, 6, 8, 8, 2048, 2048], ['openai/whisper-base']],
      [[51865, 768, 12, 12, 12, 12, 3072, 3072], ['openai/whisper-small']],
      [[51865, 1024, 24, 24, 16, 16, 4096, 4096], ['openai/whisper-medium']],
      [[51865, 1280, 32, 32, 20, 20, 5120, 5120], ['openai/whisper-large-v2']],
      [[51866, 1280, 32, 32, 20, 20, 5120, 5120], ['openai/whisper-large-v3'], { config: { num_mel_bins: 128 } }],
    ],
  ),
];
