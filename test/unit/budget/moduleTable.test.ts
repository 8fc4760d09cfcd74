import { strict as assert } from 'node:assert';
import { UnknownArchitectureError } from '../../../src/budget/errors';
import { PRESETS, presetForHubName } from '../../../src/budget/presets';
import type { GoldenModel } from './goldenModels';
import { readGolden, tableOf } from './goldenModels';

const KINDS: Readonly<Record<string, string>> = { Linear: 'linear', Conv1D: 'conv1d', Embedding: 'embedding' };

describe('module table', () => {
  for (const golden of readGolden<GoldenModel>('model_tables.json')) {
    it(`gives ${golden.model} the parameters and modules that transformers builds`, () => {
      const table = tableOf(golden.config);
      assert.equal(table.parameters, golden.total);
      const ours = table.modules.filter(({ layer }) => layer === null || layer === 0);
      const shown = ours.map(({ name, kind, inFeatures, outFeatures, bias }) =>
        kind === 'norm' ? [name, kind, outFeatures, bias] : [name, kind, inFeatures, outFeatures, bias],
      );
      const expected = golden.layer0.map((row) => {
        const [name, type, third] = row;
        if (typeof third === 'number') return [name, KINDS[type] ?? type, third, row[3], row[4]];
        return [name, 'norm', third[0]?.[1][0], third.length > 1];
      });
      const byName = (a: unknown[], b: unknown[]): number => String(a[0]).localeCompare(String(b[0]));
      assert.deepEqual(shown.sort(byName), expected.sort(byName));
      assert.deepEqual(table.warnings, []);
    });
  }

  const published: Readonly<Record<string, number>> = {
    gpt2: 124_439_808,
    'bert-base': 109_482_240,
    'llama-2-7b': 6_738_415_616,
    'llama-3-8b': 8_030_261_248,
    'mistral-7b': 7_241_732_096,
    'qwen2.5-7b': 7_615_616_512,
  };
  for (const preset of PRESETS) {
    it(`gives the preset ${preset.title} its published total`, () => {
      assert.equal(tableOf(preset.config).parameters, published[preset.id]);
    });
  }

  it('counts the pooler, the language-model head and the classifier of a BERT by its class', () => {
    const config = PRESETS.find(({ id }) => id === 'bert-base')?.config;
    const total = (className: string): number => tableOf({ ...config, architectures: [className] }).parameters;
    assert.equal(total('BertForMaskedLM'), 109_514_298);
    assert.equal(total('BertForSequenceClassification'), 109_483_778);
    assert.equal(total('BertForTokenClassification'), 109_482_240 - 590_592 + 1538);
  });

  it('reads the total of gpt-neo-125M, whose published trainable share is 0.235 % with 294,912 trained', () => {
    const table = tableOf({
      model_type: 'gpt_neo',
      architectures: ['GPTNeoForCausalLM'],
      vocab_size: 50257,
      max_position_embeddings: 2048,
      hidden_size: 768,
      num_layers: 12,
      num_heads: 12,
      intermediate_size: null,
    });
    assert.equal(((100 * 294_912) / (table.parameters + 294_912)).toFixed(3), '0.235');
  });

  it('says which head it cannot count rather than leaving it out in silence', () => {
    const config = PRESETS.find(({ id }) => id === 'llama-2-7b')?.config;
    const table = tableOf({ ...config, architectures: ['LlamaForAudioCaptioning'] });
    assert.equal(table.warnings.length, 1);
    assert.match(table.warnings[0] ?? '', /LlamaForAudioCaptioning/);
  });

  it('names the model type that has no table', () => {
    const config = { model_type: 'mamba9', hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
    assert.throws(
      () => tableOf(config),
      (error) => error instanceof UnknownArchitectureError && /'mamba9'/.test(error.message),
    );
  });

  it('knows a preset under its hub names', () => {
    assert.equal(presetForHubName('meta-llama/Llama-2-7b-hf')?.id, 'llama-2-7b');
    assert.equal(presetForHubName('openai-community/gpt2')?.id, 'gpt2');
    assert.equal(presetForHubName('openai-community/gpt2-xl'), null);
  });
});
