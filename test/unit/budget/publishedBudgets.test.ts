import { strict as assert } from 'node:assert';
import { computeBudget } from '../../../src/budget/computeBudget';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { NOT_PEFT, UNTIED_T5 } from './goldenExceptions';
import { readGolden } from './goldenModels';
import { publishedModel } from './publishedModels';

interface PublishedBudget {
  readonly id: string;
  readonly model: string;
  readonly method: string;
  readonly config: RawConfig;
  readonly trainable: number;
  readonly all: number | null;
}

const SEVEN = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
/** Model-specific names of the projections that the papers call query and value. */
const QUERY_VALUE = ['q_proj', 'v_proj', 'query', 'value', 'query_proj', 'value_proj'];
/** The docs use the names of transformers 4. These are the names in transformers 5. */
const RENAMED: Readonly<Record<string, string>> = { query: 'q_proj', value: 'v_proj' };

function targetsOf(config: RawConfig, model: string): unknown {
  const targets = config['target_modules'];
  if (targets === '7 proj') return SEVEN;
  if (config['modules'] === 'all 6 matrices') return ['query_proj', 'key_proj', 'value_proj', 'dense'];
  if (config['modules'] !== undefined) return QUERY_VALUE;
  if (model.startsWith('vit') && Array.isArray(targets)) return targets.map((name: string) => RENAMED[name] ?? name);
  return targets;
}

/** The adapter_config.json that a row describes in words. */
function adapterOf({ id, method, config, model }: PublishedBudget): RawConfig {
  const task = model.includes('SEQ_CLS') ? { task_type: 'SEQ_CLS' } : {};
  const base = { ...config, ...task, target_modules: targetsOf(config, model) ?? null };
  if (id === 'G44') return { ...base, peft_type: 'LORA', r: 16, target_modules: ['q_proj', 'v_proj'] };
  if (method === 'PrefixEmbed') {
    return { peft_type: 'PROMPT_TUNING', num_virtual_tokens: Number(config['l_p']) + Number(config['l_i']) };
  }
  if (method.startsWith('PROMPT_TUNING (encoder')) {
    return { peft_type: 'PROMPT_TUNING', num_virtual_tokens: config['prompt_length'], num_transformer_submodules: 1 };
  }
  if (method === 'LORA+BdLoRA') {
    const { nblocks, bd_a: a, bd_b: b } = config;
    return { ...base, peft_type: 'LORA', use_bdlora: { nblocks, target_modules_bd_a: a, target_modules_bd_b: b } };
  }
  if (/DoRA/.test(method)) return { ...base, peft_type: 'LORA', use_dora: true };
  return { ...base, peft_type: method === 'LoRA paper' ? 'LORA' : method };
}

describe('published budgets', () => {
  for (const row of readGolden<PublishedBudget>('budget_published.json')) {
    if (NOT_PEFT.has(row.id)) continue;
    it(`counts ${row.id}, ${row.method} on ${row.model}, as published`, () => {
      const model = publishedModel(row.model);
      const { trainable, all, warnings } = computeBudget(model, adapterOf(row));
      assert.equal(trainable, row.trainable);
      if (row.all === null) return;
      if (!UNTIED_T5.test(row.id)) return assert.equal(all, row.all);
      // transformers 4 counts an output layer that version 5 ties. A warning says so.
      assert.equal(all + Number(model['vocab_size']) * Number(model['d_model']), row.all);
      assert.ok(warnings.some((warning) => warning.includes('ties the output layer')));
    });
  }

  it('counts the network of a prefix as the prefix-tuning paper does (G52)', () => {
    const bart = {
      model_type: 'bart',
      vocab_size: 50265,
      d_model: 1024,
      encoder_layers: 12,
      encoder_attention_heads: 16,
      encoder_ffn_dim: 4096,
    };
    const tokens = 1;
    const config = { peft_type: 'PREFIX_TUNING', prefix_projection: true, encoder_hidden_size: 800 };
    const { trainable } = computeBudget(bart, { ...config, num_virtual_tokens: tokens });
    assert.equal(trainable - tokens * 1024, 20_505_376);
  });
});
