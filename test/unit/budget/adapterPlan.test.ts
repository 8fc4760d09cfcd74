import { strict as assert } from 'node:assert';
import type { PlannedBudget } from '../../../src/budget/adapterPlan';
import { planBottleneckAdapters, planLora, planPrefixTuning, planPromptTuning } from '../../../src/budget/adapterPlan';
import { tableOf } from './goldenModels';

describe('adapter plan', () => {
  const llama32 = tableOf({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: 128256,
    hidden_size: 3072,
    num_hidden_layers: 28,
    num_attention_heads: 24,
    num_key_value_heads: 8,
    head_dim: 128,
    intermediate_size: 8192,
    tie_word_embeddings: true,
  });
  const measured: readonly (readonly [string, PlannedBudget, number, number])[] = [
    ['LoRA r = 32 on q, v', planLora(llama32, { rank: 32, targets: ['q_proj', 'v_proj'] }), 9_175_040, 36_715_216],
    ['LoRA r = 64 on q, v', planLora(llama32, { rank: 64, targets: ['q_proj', 'v_proj'] }), 18_350_080, 73_415_408],
    [
      'LoRA r = 10 on the MLP',
      planLora(llama32, { rank: 10, targets: ['up_proj', 'gate_proj', 'down_proj'] }),
      9_461_760,
      37_868_984,
    ],
    [
      'DoRA r = 32 on q, v',
      planLora(llama32, { rank: 32, targets: ['q_proj', 'v_proj'], useDora: true }),
      9_289_728,
      37_181_760,
    ],
    ['200 virtual tokens of prefix', planPrefixTuning(llama32, 200), 11_468_800, 45_875_328],
    ['200 virtual tokens of prompt', planPromptTuning(llama32, 200), 614_400, 2_457_728],
  ];
  for (const [name, plan, trainable, fileBytes] of measured) {
    it(`gives ${name} on Llama-3.2-3B the parameters and the file size that PEFT's benchmark measured`, () => {
      assert.equal(plan.trainable, trainable);
      assert.equal(plan.fileBytes, fileBytes);
    });
  }

  it('adapts key and value projections at their own width under grouped-query attention', () => {
    const plan = planLora(llama32, { rank: 4, targets: ['k_proj'] });
    assert.equal(plan.modules.length, 28);
    assert.equal(plan.modules[0]?.trainable, 4 * (3072 + 1024));
  });

  it('counts the bottleneck adapters of the core: two per block, without biases', () => {
    const plan = planBottleneckAdapters(llama32, 64);
    assert.equal(plan.trainable, 28 * 2 * 2 * 3072 * 64);
  });

  it('gives a module the rank of the first pattern that matches', () => {
    const plan = planLora(llama32, {
      rank: 4,
      targets: ['q_proj'],
      rankPattern: [
        ['layers.1.self_attn.q_proj', 16],
        ['q_proj', 8],
      ],
    });
    assert.deepEqual(
      plan.modules.slice(0, 3).map(({ rank }) => rank),
      [8, 16, 8],
    );
  });
});
