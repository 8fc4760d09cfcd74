import { strict as assert } from 'node:assert';
import { countAdapter } from '../../../src/budget/adapterCount';
import { budgetOf, computeBudget } from '../../../src/budget/computeBudget';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { NeedsWeightsError } from '../../../src/budget/errors';
import { readModelShape } from '../../../src/budget/readModelShape';
import type { ModuleTable } from '../../../src/budget/moduleTable';
import { conv, embedding, linear, multihead } from '../../../src/budget/rows';
import { readGolden, tableOf } from './goldenModels';

/** An adapter that PEFT 0.21 saved from a tiny model. */
interface SavedAdapter {
  readonly case: string;
  readonly trainable: number;
  readonly all: number;
  readonly file_size: number;
  readonly config: RawConfig;
  readonly tensors: Readonly<Record<string, readonly [string, readonly number[]]>>;
}

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
const BERT = {
  model_type: 'bert',
  architectures: ['BertModel'],
  hidden_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 96,
  vocab_size: 100,
  max_position_embeddings: 32,
  type_vocab_size: 2,
};
const GPT2 = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  n_embd: 48,
  n_layer: 2,
  n_head: 4,
  vocab_size: 100,
  n_positions: 32,
};
const T5 = {
  model_type: 't5',
  architectures: ['T5ForConditionalGeneration'],
  d_model: 64,
  d_kv: 16,
  num_heads: 4,
  num_layers: 2,
  num_decoder_layers: 2,
  d_ff: 96,
  vocab_size: 128,
  feed_forward_proj: 'relu',
};
const MODELS: readonly (readonly [RegExp, RawConfig])[] = [
  [/^llama_seqcls/, { ...LLAMA, architectures: ['LlamaForSequenceClassification'], num_labels: 3 }],
  [/^llama_bf16/, { ...LLAMA, dtype: 'bfloat16' }],
  [/^llama_tied/, { ...LLAMA, tie_word_embeddings: true }],
  [/^(bert_.*seqcls.*|bert_ia3_default)$/, { ...BERT, architectures: ['BertForSequenceClassification'] }],
  [/^bert_/, BERT],
  [/^gpt2_/, GPT2],
  [/^t5_/, T5],
  [/^mixtral_/, { ...LLAMA, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4 }],
];

/** The toy model of the conv_* and mha_* cases, which has no config. */
const TOY: ModuleTable = {
  shape: readModelShape(LLAMA),
  modules: [
    conv('conv', 8, 16, [3, 3]),
    conv('c1', 8, 16, [5]),
    embedding('emb', 20, 16),
    linear('lin', 16, 12, true),
    multihead('mha', 16),
    linear('mha.out_proj', 16, 16, true),
  ].map((row) => ({ ...row, layer: null, parameters: 0 })),
  parameters: 3436,
  outputEmbedding: null,
  inputEmbedding: 'emb',
  taskHeads: [],
  warnings: [],
};

const isToy = (name: string): boolean => /^(conv|mha)_/.test(name);

describe('adapters saved by PEFT', () => {
  for (const saved of readGolden<SavedAdapter>('peft_saved.json')) {
    if (isToy(saved.case)) {
      it(`counts the parameters of ${saved.case}, and its file to the byte`, () => {
        const { trainable, all, fileBytes } = budgetOf(TOY, saved.config);
        assert.deepEqual([trainable, all, fileBytes], [saved.trainable, saved.all, saved.file_size]);
      });
      continue;
    }
    const model = MODELS.find(([pattern]) => pattern.test(saved.case))?.[1] ?? LLAMA;
    if (saved.config['peft_type'] === 'ADAMSS') {
      it(`refuses ${saved.case}, whose count depends on the weights`, () => {
        assert.throws(() => computeBudget(model, saved.config), NeedsWeightsError);
      });
      continue;
    }
    it(`counts the parameters and tensors of ${saved.case}, and its file to the byte`, () => {
      const { trainable, all, fileBytes } = computeBudget(model, saved.config);
      assert.deepEqual([trainable, all, fileBytes], [saved.trainable, saved.all, saved.file_size]);
      const planned = countAdapter(tableOf(model), saved.config).tensors;
      assert.deepEqual(
        Object.fromEntries(planned.map(({ name, dtype = 'F32', shape }) => [name, [dtype, shape]])),
        saved.tensors,
      );
    });
  }
});
