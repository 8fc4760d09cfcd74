import { strict as assert } from 'node:assert';
import { computeBudget } from '../../../src/library';
import { BASE_CONFIG } from '../../../src/lab/baseModel';
import { LAB_METHODS, planMethod } from '../../../src/lab/methods';

const PARAMETERS = 154_304;

describe("the budget of the lab's methods", () => {
  it('gives each the largest size that it allows', () => {
    const sizes = Object.fromEntries(
      LAB_METHODS.map(({ name }) => {
        const plan = planMethod(name);
        return [name, [...Object.values(plan.sizes), plan.kept]];
      }),
    );
    assert.deepEqual(sizes, {
      full: [PARAMETERS],
      'lora-qv': [5, 3840],
      'lora-all': [1, 3660],
      'rslora-qv': [5, 3840],
      'dora-qv': [4, 3456],
      'qlora-all': [1, 3660],
      serial: [5, 3840],
      parallel: [10, 3840],
      ia3: [900],
      prefix: [10, 3840],
      'prefix-mlp': [10, 3840],
      prompt: [60, 3840],
      'prompt-words': [60, 3840],
      'lora-prompt': [4, 12, 3840],
    });
    for (const { name } of LAB_METHODS) {
      for (const budget of [3900, 7000, 20_000]) {
        const { kept } = planMethod(name, { budget });
        if (!['full', 'ia3'].includes(name)) assert.ok(kept <= budget, `${name} keeps ${kept} of ${budget}`);
      }
    }
  });

  it('counts as the calculator does, and what trains apart from what is kept', () => {
    for (const { name } of LAB_METHODS) {
      const { peft = [], kept, trainable, generatesPrefix } = planMethod(name, { budget: 8000 });
      const counted = peft.reduce((sum, config) => sum + computeBudget(BASE_CONFIG, config).trainable, 0);
      if (peft.length > 0) assert.equal(kept, counted, name);
      if (!generatesPrefix) assert.equal(trainable, kept, name);
    }
    assert.equal(planMethod('prefix-mlp').trainable, 29_760);
  });

  it('yields to sizes that are set by hand', () => {
    assert.deepEqual(planMethod('lora-all', { sizes: { rank: 4 } }).kept, 14_640);
    assert.deepEqual(planMethod('prompt', { sizes: { virtualTokens: 1 } }).kept, 64);
    assert.equal(planMethod('lora-qv', { budget: 1 }).sizes.rank, 1);
  });

  it('refuses unknown methods and sizes that are not positive integers', () => {
    assert.throws(() => planMethod('lora'), /expected one of full, lora-qv, .*, got "lora"/);
    assert.throws(() => planMethod('lora-qv', { sizes: { rank: 0 } }), /rank: expected a positive integer, got 0/);
    assert.throws(() => planMethod('lora-qv', { budget: NaN }), /budget: expected a positive integer, got NaN/);
  });
});
