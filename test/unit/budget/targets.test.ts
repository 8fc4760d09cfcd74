import { strict as assert } from 'node:assert';
import { readLoraOptions } from '../../../src/budget/adapterConfig';
import { BudgetError } from '../../../src/budget/errors';
import { PRESETS } from '../../../src/budget/presets';
import { inLayers, matchesTarget, patternValue, selectModules } from '../../../src/budget/targets';
import type { RawConfig } from '../../../src/budget/config';
import { readGolden, tableOf } from './goldenModels';

interface Vector {
  readonly key: string;
  readonly target_modules: readonly string[] | string;
  readonly layers_to_transform: number | readonly number[] | null;
  readonly layers_pattern: string | readonly string[] | null;
  readonly expected: boolean;
}

const list = <T>(value: T | readonly T[] | null): readonly T[] =>
  value === null ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

describe('target matching', () => {
  for (const vector of readGolden<Vector>('target_matching.json')) {
    const { key, target_modules: targets, layers_to_transform: layers, layers_pattern: pattern, expected } = vector;
    // One string is a Python regular expression, which is refused (see below).
    if (typeof targets === 'string') continue;
    it(`decides on ${JSON.stringify(key)} for ${JSON.stringify([targets, layers, pattern])} as PEFT does`, () => {
      const named = targets.some((target) => matchesTarget(key, target));
      const chosen = layers === null || targets.includes(key) || inLayers(key, list(layers), list(pattern));
      assert.equal(named && chosen, expected);
    });
  }

  const table = (id: string): ReturnType<typeof tableOf> => tableOf(PRESETS.find((preset) => preset.id === id)?.config);

  it('takes a suffix in every module that ends with it', () => {
    assert.equal(selectModules(table('gpt2'), { targets: ['c_proj'] }).length, 24);
    assert.equal(selectModules(table('gpt2'), { targets: ['mlp.c_proj'] }).length, 12);
    assert.equal(selectModules(table('bert-base'), { targets: ['output.dense'] }).length, 24);
    assert.equal(selectModules(table('bert-base'), { targets: ['dense'] }).length, 37);
    assert.equal(selectModules(table('bert-base'), { targets: ['uery'] }).length, 0);
  });

  it('leaves the output layer and modules trained whole out of all-linear', () => {
    assert.equal(selectModules(table('llama-3-8b'), { targets: 'all-linear' }).length, 32 * 7);
    assert.equal(
      selectModules(table('bert-base'), { targets: 'all-linear', modulesToSave: ['pooler'] }).length,
      12 * 6,
    );
  });

  it('leaves excluded modules out', () => {
    const modules = selectModules(table('gpt2'), { targets: ['c_proj'], exclude: ['mlp.c_proj'] });
    assert.deepEqual(new Set(modules.map(({ name }) => name.split('.').at(-2))), new Set(['attn']));
  });

  it('refuses a regular expression by name, as a target and in a pattern', () => {
    const config: RawConfig = { peft_type: 'LORA', target_modules: '.*(a+)+$' };
    assert.throws(
      () => readLoraOptions(config, table('gpt2')),
      (error) => error instanceof BudgetError && /regular expressions/.test(error.message),
    );
    assert.throws(() => patternValue([['layers.[0-9]+.q', 4]], 'x'), BudgetError);
  });
});
