import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { PRESETS } from '../../../../src/budget/presets';
import type { AdapterFacts } from '../../../../src/planner/hover/adapterFacts';
import { hoverText } from '../../../../src/planner/hover/adapterConfigHoverText';
import { code, plain } from '../../../../src/planner/hover/markdownText';
import type { SourceDescription } from '../../../../src/protocol/source';
import { openCheckpoint } from '../../../../src/matrices/openCheckpoint';
import { nodeFiles } from '../../../../src/files/nodeFile';

const sample = (file: string): string => path.join(process.cwd(), 'sample-workspace', file);
const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(sample(file), 'utf8')) as Record<string, unknown>;

const T5 = {
  model_type: 't5',
  d_model: 768,
  d_kv: 64,
  num_heads: 12,
  num_layers: 12,
  d_ff: 2048,
  vocab_size: 32128,
  feed_forward_proj: 'gated-gelu',
};

describe('hover in adapter_config.json', () => {
  let weights: SourceDescription;
  let facts: AdapterFacts;

  before(async () => {
    const source = await openCheckpoint(nodeFiles, sample('gpt-neo-movies-lora/adapter_model.safetensors'));
    weights = source.description;
    await source.close();
    const base = { title: 'EleutherAI/gpt-neo-125M/config.json', config: json('EleutherAI/gpt-neo-125M/config.json') };
    facts = { config: json('gpt-neo-movies-lora/adapter_config.json'), weights, base };
  });

  const text = (changes: Partial<AdapterFacts>, ...at: (string | number)[]): string => {
    const found = hoverText(at, { ...facts, ...changes });
    assert.ok(found);
    return found;
  };

  it('explains the rank: shapes, scaling, the parameters in the weights and their share', () => {
    const rank = text({}, 'r');
    assert.match(rank, /A \(8 x in\) and B \(out x 8\)/);
    assert.match(rank, /lora_alpha \/ r = 16 \/ 8 = \*\*2\*\*/);
    assert.match(rank, /\*\*294,912 parameters\*\* in 48 tensors of 24 modules/);
    assert.match(rank, /0\.2350% of all parameters/);
    assert.match(rank, /Each extra rank adds 36,864/);
  });

  it('counts on the base model if there are no weights, to the byte of the real file', () => {
    const rank = text({ weights: null }, 'r');
    assert.match(rank, /\*\*294,912 trainable parameters\*\* on the shapes of `EleutherAI\/gpt-neo-125M\/config.json`/);
    assert.match(rank, /0\.2350% of all parameters, file size 1\.19 MB/);
  });

  it('does not mention parameters without weights and base model', () => {
    const rank = text({ weights: null, base: null }, 'r');
    assert.match(rank, /= \*\*2\*\*/);
    assert.doesNotMatch(rank, /parameters/);
  });

  it('says that the rank changed after the weights were saved', () => {
    assert.match(
      text({ config: { ...facts.config, r: 16 } }, 'r'),
      /Differs from the weights\*\*: `adapter_model.safetensors` holds rank 8/,
    );
    assert.doesNotMatch(text({}, 'r'), /Differs/);
  });

  it('divides alpha by the root of the rank for rsLoRA', () => {
    assert.match(text({}, 'lora_alpha'), /16 \/ 8 = \*\*2\*\*.*\n\nWith rsLoRA it would be 5\.657/);
    const stabilised = text({ config: { ...facts.config, use_rslora: true } }, 'lora_alpha');
    assert.match(stabilised, /lora_alpha \/ √r = 16 \/ √8 = \*\*5\.657\*\*/);
  });

  it("takes PEFT's defaults for absent keys", () => {
    assert.match(text({ config: { r: 4 }, weights: null }, 'r'), /8 \/ 4 = \*\*2\*\*/);
  });

  it('counts modules and tensors for each target, and for the hovered one', () => {
    const all = text({}, 'target_modules');
    assert.match(all, /- `v_proj`: 12 modules, 24 tensors\n- `q_proj`: 12 modules, 24 tensors/);
    const one = text({}, 'target_modules', 1);
    assert.match(one, /- `q_proj`: 12 modules, 24 tensors/);
    assert.doesNotMatch(one, /v_proj/);
  });

  it('suggests what a misspelt target of the base model was meant to be', () => {
    const base = { title: 'm', config: PRESETS.find(({ id }) => id === 'llama-2-7b')?.config };
    const text = hoverText(['target_modules'], {
      config: { peft_type: 'LORA', target_modules: ['q_porj'] },
      weights: null,
      base,
    });
    assert.match(text ?? '', /`q_porj`: \*\*matches no module\*\* of `m`\. Did you mean `q_proj`\?/);
  });

  it('says what keeps vLLM from loading an adapter, and does not mention vLLM otherwise', () => {
    const said = (key: string, value: unknown, method = 'LORA'): string =>
      hoverText([key], { config: { peft_type: method, [key]: value }, weights: null, base: null }) ?? '';
    for (const [key, value] of [
      ['use_dora', true],
      ['modules_to_save', ['lm_head']],
      ['bias', 'all'],
    ] as const)
      assert.match(said(key, value), /vLLM does not load an adapter with this setting/, key);
    for (const [key, value] of [
      ['use_dora', false],
      ['modules_to_save', ['classifier', 'score']],
      ['modules_to_save', null],
      ['bias', 'none'],
    ] as const)
      assert.doesNotMatch(said(key, value), /vLLM/, key);
    assert.doesNotMatch(said('bias', 'all', 'BOFT'), /vLLM/);
    assert.match(said('modules_to_save', ['lm_head']), /^\*\*Modules to save\*\*: `lm_head`, fully trained/);
  });

  it('names the target that no tensor matches, and the name that was meant', () => {
    const config = { ...facts.config, target_modules: ['V_proj', 'k_proj', 'q_proj'] };
    const all = text({ config }, 'target_modules');
    assert.match(
      all,
      /`V_proj`: \*\*not matched by any tensor\*\* in `adapter_model.safetensors`.* Did you mean `v_proj`\?/,
    );
    assert.match(all, /`k_proj`: \*\*not matched by any tensor\*\* in .*, although it matches 12 modules of/);
  });

  it('finds a typo from the base model alone', () => {
    const base = { title: 'google/flan-t5-base', config: T5 };
    const config = { peft_type: 'LORA', r: 16, target_modules: ['V', 'q'] };
    const all = text({ config, weights: null, base }, 'target_modules');
    assert.match(
      all,
      /- `V`: \*\*matches no module\*\* of `google\/flan-t5-base`\. Did you mean `v`\?\n- `q`: 36 modules of/,
    );
    assert.match(all, /\*\*884,736 trainable parameters\*\*/);
  });

  it("names PEFT's default if target_modules is null", () => {
    const config = { peft_type: 'LORA', target_modules: null };
    assert.match(text({ config, weights: null }, 'target_modules'), /`gpt_neo`: `q_proj`, `v_proj`/);
  });

  it('says that a string is a regular expression, without evaluating it', () => {
    const config = { ...facts.config, target_modules: '(a+)+$' };
    assert.match(text({ config, weights: null }, 'target_modules'), /Python regular expression/);
  });

  it('counts the virtual tokens of prompt and prefix tuning', () => {
    const soft = (peftType: string): string =>
      text({ config: { peft_type: peftType, num_virtual_tokens: 20 }, weights: null }, 'num_virtual_tokens');
    assert.match(soft('PROMPT_TUNING'), /\*\*15,360 trainable/);
    assert.match(soft('PREFIX_TUNING'), /\*\*368,640 trainable/);
  });

  it('survives every kind of value under every key it explains', () => {
    const keys = ['r', 'lora_alpha', 'use_rslora', 'target_modules', 'rank_pattern', 'alpha_pattern', 'lora_dropout'];
    const values = [null, 0, -1, 0.5, NaN, '', 'x', true, [], [1, null, 'q_proj'], {}, { q_proj: 4 }, { '[': 'x' }];
    for (const key of [...keys, 'num_virtual_tokens', 'peft_type', 'base_model_name_or_path']) {
      for (const value of values) {
        for (const path of [[key], [key, 0]]) {
          assert.doesNotThrow(() => hoverText(path, { ...facts, config: { ...facts.config, [key]: value } }));
          assert.doesNotThrow(() =>
            hoverText(path, { config: { [key]: value }, weights: null, base: { title: 'x', config: value } }),
          );
        }
      }
    }
  });

  it('has no explanation for unknown keys', () => {
    assert.equal(hoverText(['megatron_core'], facts), null);
    assert.equal(hoverText(['constructor'], facts), null);
    assert.equal(hoverText([], facts), null);
  });

  it('lets no name from a file write Markdown', () => {
    assert.equal(code('a`b\n[x](command:y)'), "`a'b [x](command:y)`");
    assert.equal(code('x'.repeat(1000)).length, 85);
    assert.equal(plain('[a](b) <img> $(icon)'), '\\[a\\]\\(b\\) \\<img\\> \\$\\(icon\\)');
    const config = { ...facts.config, target_modules: ['`](command:evil)'] };
    assert.match(text({ config }, 'target_modules'), /- `'\]\(command:evil\)`: \*\*not matched/);
  });
});
