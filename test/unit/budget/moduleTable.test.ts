import { strict as assert } from 'node:assert';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { BudgetError } from '../../../src/peftConfig/errors';
import { UnknownArchitectureError } from '../../../src/budget/errors';
import { PRESETS } from '../../../src/budget/presets';
import type { GoldenModel } from './goldenModels';
import { lineOf, readGolden, tableOf } from './goldenModels';

const KINDS: Readonly<Record<string, string>> = {
  Linear: 'linear',
  FalconLinear: 'linear',
  Conv1D: 'conv1d',
  Embedding: 'embedding',
  Conv1d: 'conv',
  Conv2d: 'conv',
};

function goldenLine(row: GoldenModel['layer0'][number]): string {
  const [name, type, third] = row;
  if (typeof third !== 'number') {
    return [name, ...third.map(([tensor, shape]) => `${tensor}=${shape.join('x')}`)].join(' ');
  }
  const kernel = row[5] ? ` k${row[5].join('x')}` : '';
  return `${name} ${KINDS[type] ?? type} ${third} ${row[3]}${row[4] === true ? ' bias' : ''}${kernel}`;
}

/** The model that transformers 5.18 built from a small config. Layers equal to the first are left out. */
interface BuiltModel {
  readonly config: RawConfig;
  readonly total: number;
  readonly output: string | null;
  readonly modules: readonly string[];
}

describe('module table', () => {
  for (const golden of readGolden<GoldenModel>('model_tables.json')) {
    it(`gives ${golden.model} the parameters and modules that transformers builds`, () => {
      const table = tableOf(golden.config);
      assert.equal(table.parameters, golden.total);
      const ours = table.modules.filter(({ layer }) => layer === null || layer === 0).map(lineOf);
      assert.deepEqual(ours.sort(), golden.layer0.map(goldenLine).sort());
      assert.deepEqual(table.warnings, []);
    });
  }

  const built = ['transformers_tables.json', 'transformers_tables_more.json'].flatMap((file) => [
    ...readGolden<BuiltModel>(file),
  ]);
  for (const [index, { config, total, output, modules }] of built.entries()) {
    it(`gives ${String(config['architectures'])} (${index}) the modules that transformers builds`, () => {
      const table = tableOf(config);
      const lines = new Set(table.modules.map(lineOf));
      const inTextPart = (line: string): boolean =>
        !table.shape.textPartOnly || !/vision|visual|projector|connector/.test(line);
      assert.deepEqual(
        modules.filter((line) => inTextPart(line) && !lines.has(line)),
        [],
      );
      assert.equal(table.outputEmbedding, output);
      // The table of a multimodal model has only the text part.
      if (!table.shape.textPartOnly) assert.equal(table.parameters, total);
      else assert.ok(table.parameters < total);
    });
  }

  it('counts the pooler, the language-model head and the classifier of a BERT according to its class', () => {
    const config = PRESETS.find(({ id }) => id === 'bert-base')?.config;
    const total = (className: string): number => tableOf({ ...config, architectures: [className] }).parameters;
    assert.equal(total('BertForMaskedLM'), 109_514_298);
    assert.equal(total('BertForSequenceClassification'), 109_483_778);
    assert.equal(total('BertForTokenClassification'), 109_482_240 - 590_592 + 1538);
  });

  it('gives gpt-neo-125M the total that its published share implies: 294,912 trained are 0.235 %', () => {
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

  it('warns of a head that it cannot count', () => {
    const config = PRESETS.find(({ id }) => id === 'llama-2-7b')?.config;
    const table = tableOf({ ...config, architectures: ['LlamaForAudioCaptioning'] });
    assert.equal(table.warnings.length, 1);
    assert.match(table.warnings[0] ?? '', /LlamaForAudioCaptioning/);
  });

  it('names a model type that has no table in the error', () => {
    const config = { model_type: 'mamba9', hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
    assert.throws(
      () => tableOf(config),
      (error) => error instanceof UnknownArchitectureError && /'mamba9'/.test(error.message),
    );
  });

  it('reads the list of layer widths of Gemma 3n', () => {
    const sizes = { hidden_size: 64, num_attention_heads: 4, vocab_size: 128, vocab_size_per_layer_input: 128 };
    const config = { ...sizes, model_type: 'gemma3n_text', num_hidden_layers: 2, intermediate_size: [32, 48] };
    const widths = tableOf(config).modules.filter(({ name }) => name.endsWith('up_proj'));
    assert.deepEqual(
      widths.map(({ outFeatures }) => outFeatures),
      [32, 48],
    );
  });

  it('refuses sizes that no memory can hold', () => {
    const base = { model_type: 'llama', hidden_size: 64, intermediate_size: 96, vocab_size: 128 };
    const hostile = [
      { ...base, num_hidden_layers: 1e9, num_attention_heads: 4 },
      { ...base, num_hidden_layers: 2, num_attention_heads: 1e9 },
      { ...base, num_hidden_layers: 2, num_attention_heads: 4, vocab_size: 1e12 },
      { ...base, num_hidden_layers: 2, num_attention_heads: '4' },
      {
        ...base,
        num_hidden_layers: 1000,
        num_attention_heads: 4096,
        hidden_size: 4096,
        model_type: 'stablelm',
        qk_layernorm: true,
      },
      { ...base, num_hidden_layers: 2, num_attention_heads: 4, model_type: 'mixtral', num_local_experts: {} },
      { ...base, num_hidden_layers: 2, num_attention_heads: 4, model_type: 'albert', inner_group_num: 1e7 },
      { ...base, num_hidden_layers: 2, num_attention_heads: 4, model_type: 'gemma3n_text', altup_num_inputs: 1e7 },
      { model_type: '__proto__', hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2 },
      [],
      null,
    ];
    for (const config of hostile) assert.throws(() => tableOf(config), BudgetError, JSON.stringify(config));
  });
});
