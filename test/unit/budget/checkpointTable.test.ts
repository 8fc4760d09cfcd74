import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { computeBudget } from '../../../src/budget/computeBudget';
import type { NamedShape } from '../../../src/budget/rows';
import { BudgetError, ConfigError } from '../../../src/peftConfig/errors';

/** Small models with the shapes in their checkpoints, and PEFT's counts on the models that transformers builds. */
interface Count {
  readonly name: string;
  readonly model: Readonly<Record<string, unknown>>;
  readonly adapter: Readonly<Record<string, unknown>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly trainable?: number;
  readonly all?: number;
  readonly refused?: true;
}

const counts = JSON.parse(readFileSync('test/fixtures/golden/checkpoint_counts.json', 'utf8')) as readonly Count[];
const shapesOf = (shapes: Count['shapes']): NamedShape[] => Object.entries(shapes);

describe('a count from a checkpoint and its config', () => {
  for (const { name, model, adapter, shapes, trainable, all, refused } of counts) {
    if (refused)
      it(`is refused as by PEFT for ${name}`, () => {
        assert.throws(() => computeBudget(model, adapter, { tensors: shapesOf(shapes) }), BudgetError);
      });
    else
      it(`is PEFT's count of the model in memory for ${name}`, () => {
        const budget = computeBudget(model, adapter, { tensors: shapesOf(shapes) });
        assert.deepEqual([budget.trainable, budget.all, budget.partial], [trainable, all, undefined]);
      });
  }

  const llama = {
    model_type: 'llama',
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 1,
    num_attention_heads: 2,
  };
  const config = { ...llama, vocab_size: 20, tie_word_embeddings: false };
  const lora = { peft_type: 'LORA', r: 2, target_modules: ['q_proj'] };

  it('agrees with the config where that alone is exact, and names the shapes that differ', () => {
    const tensors: NamedShape[] = [['model.embed_tokens.weight', [24, 8]]];
    const [budget, alone] = [computeBudget(config, lora, { tensors }), computeBudget(config, lora)];
    assert.deepEqual([budget.trainable, budget.all], [alone.trainable, alone.all]);
    assert.match(budget.warnings.join(), /embed_tokens.weight is \[24, 8\], not \[20, 8\]/);
  });

  it('fuses the experts of a type without a table, and takes its routers for bare tensors', () => {
    const model = { ...config, model_type: 'dots1', num_hidden_layers: 1 };
    const expert = (i: number): NamedShape[] => [
      [`model.layers.0.mlp.experts.${i}.gate_proj.weight`, [6, 8]],
      [`model.layers.0.mlp.experts.${i}.up_proj.weight`, [6, 8]],
      [`model.layers.0.mlp.experts.${i}.down_proj.weight`, [8, 6]],
    ];
    const tensors: NamedShape[] = [
      ['model.embed_tokens.weight', [20, 8]],
      ['model.layers.0.mlp.gate.weight', [2, 8]],
      ...expert(0),
      ...expert(1),
      ['lm_head.weight', [20, 8]],
    ];
    const adapter = { peft_type: 'LORA', r: 2, target_modules: 'all-linear' };
    const { trainable, all } = computeBudget(model, adapter, { tensors });
    // gate_up at twice the rank: 4 * 2 * (8 + 12); down: 2 * 2 * (6 + 8); the router: 2 * (8 + 2).
    const expected = 4 * 2 * (8 + 12) + 2 * 2 * (6 + 8) + 2 * (8 + 2);
    assert.deepEqual([trainable, all - trainable], [expected, 160 + 16 + 2 * 144 + 160]);
  });

  it('is never made from packed shapes', () => {
    const tensors: NamedShape[] = [['model.layers.0.q_proj.qweight', [8, 64]]];
    assert.throws(() => computeBudget({ ...config, model_type: 'unknown' }, lora, { tensors }), ConfigError);
  });
});

describe('a count of a multimodal config alone', () => {
  const text = { model_type: 'gemma3_text', hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2 };
  const model = {
    model_type: 'gemma3',
    text_config: { ...text, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, vocab_size: 320 },
    vision_config: { model_type: 'siglip_vision_model', hidden_size: 32 },
  };

  it('is partial', () => {
    const { partial } = computeBudget(model, { peft_type: 'LORA', target_modules: ['q_proj'] });
    assert.equal(partial, true);
  });

  it("is refused without targets, because PEFT has a default for the text model's type alone", () => {
    assert.throws(() => computeBudget(model, { peft_type: 'LORA' }), /no default for LORA on gemma3/);
    assert.equal(computeBudget({ ...model.text_config }, { peft_type: 'LORA', r: 8 }).trainable, 7168 / 2);
  });
});
