/** Configs of the models in published budgets, reduced to the sizes that matter. */

import type { RawConfig } from '../../../src/peftConfig/configValues';
import { PRESETS } from '../../../src/budget/presets';
import type { GoldenModel } from './goldenModels';
import { readGolden } from './goldenModels';

const golden = new Map(readGolden<GoldenModel>('model_tables.json').map(({ model, config }) => [model, config]));
const known = (model: string, changes: RawConfig = {}): RawConfig => ({ ...golden.get(model), ...changes });
const preset = (id: string, changes: RawConfig = {}): RawConfig => ({
  ...PRESETS.find((each) => each.id === id)?.config,
  ...changes,
});

/** The configs of these models contain this setting, but transformers 5 ignores it. */
const UNTIED = { tie_word_embeddings: false };

const llama7b = preset('llama-2-7b');
const t5v11 = (d: number, ff: number, depth: number, heads: number): RawConfig => ({
  model_type: 't5',
  architectures: ['T5ForConditionalGeneration'],
  vocab_size: 32128,
  d_model: d,
  d_kv: 64,
  d_ff: ff,
  num_layers: depth,
  num_heads: heads,
  feed_forward_proj: 'gated-gelu',
  tie_word_embeddings: false,
});
const encoder = (type: string, className: string, width: number, depth: number, more: RawConfig): RawConfig => ({
  model_type: type,
  architectures: [className],
  hidden_size: width,
  num_hidden_layers: depth,
  num_attention_heads: width / 64,
  intermediate_size: 4 * width,
  ...more,
});
const ROBERTA = { vocab_size: 50265, max_position_embeddings: 514, type_vocab_size: 1 };
const DEBERTA = { vocab_size: 128100, max_position_embeddings: 512, relative_attention: true, share_att_key: true };
const OPT = { model_type: 'opt', architectures: ['OPTForCausalLM'], vocab_size: 50272, max_position_embeddings: 2048 };
/** A stand-in with separate query and value projections, as wide as those in the LoRA paper. */
const splitGpt = (width: number, depth: number): RawConfig => ({
  model_type: 'gpt_neo',
  vocab_size: 50257,
  hidden_size: width,
  num_layers: depth,
  num_heads: width / 64,
});

const MODELS: Readonly<Record<string, RawConfig>> = {
  'llama-7b / Llama-2-7b': llama7b,
  'LLaMA-7B / LLaMA2-7B': llama7b,
  'LLaMA2-7B': llama7b,
  'llama-7b (tloen/alpaca-lora-7b adapter)': llama7b,
  'CodeLlama-7B': { ...llama7b, vocab_size: 32016 },
  'Chinese-Alpaca-7B (vocab 49954)': { ...llama7b, vocab_size: 49954 },
  'princeton-nlp/Sheared-LLaMA-1.3B': {
    ...llama7b,
    hidden_size: 2048,
    intermediate_size: 5504,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 16,
  },
  'LLaMA-13B': known('llama-2-13b'),
  'LLaMA2-13B': known('llama-2-13b'),
  'Llama-3.2-1B': known('llama-3.2-1b'),
  'Meta-Llama-3-8B': preset('llama-3-8b'),
  'Llama-3(.1)-8B': preset('llama-3-8b'),
  'LLaMA3-8B': preset('llama-3-8b'),
  'mistral-7b-v0.1 (vocab resized to 32027)': known('mistral-7b-v0.1', { vocab_size: 32027 }),
  'mistralai/Mixtral-8x7B-Instruct-v0.1': known('mixtral-8x7b'),
  'Qwen2.5-7B': known('qwen2.5-7b'),
  'Qwen1.5-7B': {
    ...known('qwen2.5-7b'),
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
  },
  'gemma-2-2b (SEQ_CLS,2)': {
    model_type: 'gemma2',
    architectures: ['Gemma2ForSequenceClassification'],
    vocab_size: 256000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
  },
  'bloomz-560m': known('bloom-560m'),
  'bigscience/mt0-large': known('mt0-large/mt5-large', UNTIED),
  'google/flan-t5-large': known('flan-t5-large', UNTIED),
  'google/flan-t5-xl': known('flan-t5-xl', UNTIED),
  'facebook/opt-6.7b': known('opt-6.7b'),
  'facebook/opt-350m': {
    ...OPT,
    hidden_size: 1024,
    ffn_dim: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    word_embed_proj_dim: 512,
    do_layer_norm_before: false,
  },
  'EleutherAI/gpt-neox-20b': known('gpt-neox-20b'),
  'EleutherAI/gpt-j-6b': known('gpt-j-6b'),
  'vit-base-patch16-224-in21k + 101 classes': known('vit-base-patch16-224-in21k-food101'),
  'bert-base-cased (SEQ_CLS,2)': known('bert-base-cased', { architectures: ['BertForSequenceClassification'] }),
  'roberta-base (SEQ_CLS,2)': known('roberta-base-seqcls2'),
  'roberta-base': encoder('roberta', 'RobertaModel', 768, 12, ROBERTA),
  'roberta-large': encoder('roberta', 'RobertaModel', 1024, 24, ROBERTA),
  'deberta-v2-xxlarge': encoder('deberta-v2', 'DebertaV2Model', 1536, 48, DEBERTA),
  'deberta-v3-base': encoder('deberta-v2', 'DebertaV2Model', 768, 12, DEBERTA),
  'chatglm-6b': {
    model_type: 'chatglm',
    architectures: ['ChatGLMModel'],
    vocab_size: 130528,
    hidden_size: 4096,
    inner_hidden_size: 16384,
    num_layers: 28,
    num_attention_heads: 32,
  },
  'GPT-3 175B': splitGpt(12288, 96),
  'gpt2-medium': splitGpt(1024, 24),
  'gpt2-large': splitGpt(1280, 36),
  'T5 v1.1 small': t5v11(512, 1024, 8, 6),
  'T5 v1.1 base': t5v11(768, 2048, 12, 12),
  'T5 v1.1 large': t5v11(1024, 2816, 24, 16),
  'T5 v1.1 xl': t5v11(2048, 5120, 24, 32),
  'T5 v1.1 xxl': t5v11(4096, 10240, 24, 64),
};

/** Throws if a row names a model that is not listed. */
export function publishedModel(model: string): RawConfig {
  const config = MODELS[model];
  if (!config) throw new Error(`no config for '${model}'`);
  return config;
}
