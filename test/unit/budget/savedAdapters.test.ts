import { strict as assert } from 'node:assert';
import { readLoraOptions } from '../../../src/budget/adapterConfig';
import { planLora, planPrefixTuning, planPromptTuning } from '../../../src/budget/adapterPlan';
import { safetensorsBytes } from '../../../src/budget/safetensorsSize';
import { tableOf } from './goldenModels';

// Adapters that PEFT 0.21 saved from tiny models: trained parameters, and the size of adapter_model.safetensors.
const LLAMA = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 128,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  tie_word_embeddings: false,
};
const GPT2 = { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], n_embd: 48, n_layer: 2, n_head: 4 };
const BERT = {
  model_type: 'bert',
  architectures: ['BertForSequenceClassification'],
  hidden_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  vocab_size: 128,
  max_position_embeddings: 64,
  type_vocab_size: 2,
};
const T5 = {
  model_type: 't5',
  architectures: ['T5ForConditionalGeneration'],
  d_model: 64,
  d_kv: 16,
  num_heads: 4,
  num_layers: 2,
  num_decoder_layers: 2,
  d_ff: 128,
  vocab_size: 128,
  feed_forward_proj: 'relu',
};
const lora = { peft_type: 'LORA', bias: 'none' };

const saved: readonly (readonly [string, object, Record<string, unknown>, number, number])[] = [
  ['lora_default', LLAMA, { ...lora, r: 8, target_modules: ['q_proj', 'v_proj'], task_type: 'CAUSAL_LM' }, 3584, 15368],
  [
    'lora',
    LLAMA,
    { ...lora, r: 4, target_modules: ['q_proj', 'v_proj', 'down_proj'], task_type: 'CAUSAL_LM' },
    3072,
    13800,
  ],
  ['llama_bf16_lora', LLAMA, { ...lora, r: 4, target_modules: ['q_proj'], task_type: 'CAUSAL_LM' }, 1024, 4632],
  [
    'llama_seqcls_alllinear',
    { ...LLAMA, architectures: ['LlamaForSequenceClassification'], num_labels: 3 },
    { ...lora, r: 4, target_modules: 'all-linear', task_type: 'SEQ_CLS' },
    7616,
    34032,
  ],
  [
    'llama_seqcls_lora',
    { ...LLAMA, architectures: ['LlamaForSequenceClassification'], num_labels: 3 },
    { ...lora, r: 4, target_modules: ['q_proj', 'v_proj'], task_type: 'SEQ_CLS' },
    1984,
    9048,
  ],
  [
    'gpt2_lora_dora',
    { ...GPT2, vocab_size: 128, n_positions: 64 },
    { ...lora, r: 4, target_modules: ['c_attn'], use_dora: true, task_type: 'CAUSAL_LM' },
    1824,
    8064,
  ],
  [
    'bert_seqcls_lora',
    BERT,
    {
      ...lora,
      r: 4,
      target_modules: ['query', 'value'],
      modules_to_save: ['classifier', 'score'],
      task_type: 'SEQ_CLS',
    },
    1634,
    7824,
  ],
  ['t5_lora', T5, { ...lora, r: 4, target_modules: ['v', 'q'], task_type: 'SEQ_2_SEQ_LM' }, 6144, 27808],
];

describe('adapters saved by PEFT', () => {
  for (const [name, model, config, trainable, fileBytes] of saved) {
    it(`${name} has the planned parameters and, to the byte, the planned file size`, () => {
      const table = tableOf(model);
      const plan = planLora(table, readLoraOptions(config, table));
      assert.equal(plan.trainable, trainable);
      assert.equal(safetensorsBytes(plan.tensors), fileBytes);
    });
  }

  it('prefix and prompt have the planned parameters and file sizes, with the classifier where there is one', () => {
    const measure = (plan: ReturnType<typeof planPromptTuning>): readonly number[] => [
      plan.trainable,
      safetensorsBytes(plan.tensors),
    ];
    const classifier = ['classifier', 'score'];
    assert.deepEqual(measure(planPrefixTuning(tableOf(LLAMA), 5)), [640, 2680]);
    assert.deepEqual(measure(planPromptTuning(tableOf(LLAMA), 5)), [320, 1400]);
    assert.deepEqual(measure(planPrefixTuning(tableOf({ ...GPT2, vocab_size: 128 }), 5)), [960, 3960]);
    assert.deepEqual(measure(planPrefixTuning(tableOf(BERT), 5, classifier)), [1058, 4520]);
  });
});
