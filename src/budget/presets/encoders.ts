/** Encoders of text and images. */

import type { Preset } from './presetTable';
import { presetTable } from './presetTable';

export const ENCODER_PRESETS: readonly Preset[] = [
  ...presetTable(
    { model_type: 'bert', architectures: ['BertModel'] },
    ['vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [
        [30522, 768, 3072, 12, 12],
        ['google-bert/bert-base-uncased', 'bert-base-uncased'],
        {
          title: 'BERT-base',
          config: { max_position_embeddings: 512, type_vocab_size: 2, tie_word_embeddings: true, hidden_act: 'gelu' },
        },
      ],
      [
        [28996, 768, 3072, 12, 12],
        ['google-bert/bert-base-cased'],
        { config: { max_position_embeddings: 512, type_vocab_size: 2, tie_word_embeddings: true, hidden_act: 'gelu' } },
      ],
      [[30522, 1024, 4096, 24, 16], ['google-bert/bert-large-uncased']],
    ],
  ),
  ...presetTable(
    {
      model_type: 'roberta',
      architectures: ['RobertaModel'],
      vocab_size: 50265,
      max_position_embeddings: 514,
      type_vocab_size: 1,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [
        [768, 3072, 12, 12],
        ['FacebookAI/roberta-base', 'roberta-base'],
        { config: { tie_word_embeddings: true, hidden_act: 'gelu' } },
      ],
      [[1024, 4096, 24, 16], ['FacebookAI/roberta-large']],
    ],
  ),
  ...presetTable(
    { model_type: 'distilbert', architectures: ['DistilBertModel'], tie_word_embeddings: true },
    ['vocab_size', 'dim', 'n_layers', 'n_heads', 'hidden_dim'],
    [[[30522, 768, 6, 12, 3072], ['distilbert/distilbert-base-uncased'], { config: { max_position_embeddings: 512 } }]],
  ),
  ...presetTable(
    {
      model_type: 'deberta-v2',
      architectures: ['DebertaV2Model'],
      vocab_size: 128100,
      relative_attention: true,
      pos_att_type: ['p2c', 'c2p'],
      position_biased_input: false,
      type_vocab_size: 0,
      max_position_embeddings: 512,
      position_buckets: 256,
      norm_rel_ebd: 'layer_norm',
      share_att_key: true,
    },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [[768, 3072, 12, 12], ['microsoft/deberta-v3-base']],
      [
        [1536, 6144, 48, 24],
        ['microsoft/deberta-v2-xxlarge'],
        { config: { conv_kernel_size: 3, conv_act: 'gelu', attention_head_size: 64 } },
      ],
    ],
  ),
  ...presetTable(
    { model_type: 'vit', architectures: ['ViTForImageClassification'], num_labels: 1000 },
    ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'],
    [
      [
        [768, 3072, 12, 12],
        ['google/vit-base-patch16-224'],
        { config: { image_size: 224, patch_size: 16, num_channels: 3, hidden_act: 'gelu', qkv_bias: true } },
      ],
      [[1024, 4096, 24, 16], ['google/vit-large-patch16-224']],
    ],
  ),
];
