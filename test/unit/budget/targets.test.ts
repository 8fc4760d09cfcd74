import { strict as assert } from 'node:assert';
import { computeBudget } from '../../../src/budget/computeBudget';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { BudgetError, ConfigError, PatternError } from '../../../src/peftConfig/errors';
import { TargetError } from '../../../src/budget/errors';
import { PRESETS } from '../../../src/budget/presets';
import { PythonPattern } from '../../../src/peftConfig/pythonPattern';
import { selectModules, targetRule } from '../../../src/budget/targets';
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
    it(`matches ${JSON.stringify(key)} to ${JSON.stringify([targets, layers, pattern])} as PEFT does`, () => {
      const rule = targetRule({
        targets: typeof targets === 'string' ? new PythonPattern(targets) : targets,
        ...(layers !== null && { layers: list(layers) }),
        layersPattern: list(pattern),
      });
      assert.equal(rule(key) === 'targeted', expected);
    });
  }

  const preset = (id: string): RawConfig | undefined => PRESETS.find((each) => each.id === id)?.config;
  const table = (id: string): ReturnType<typeof tableOf> => tableOf(preset(id));

  it('matches a suffix to every module whose name ends with it', () => {
    assert.equal(selectModules(table('gpt2'), { targets: ['c_proj'] }).length, 24);
    assert.equal(selectModules(table('gpt2'), { targets: ['mlp.c_proj'] }).length, 12);
    assert.equal(selectModules(table('bert-base'), { targets: ['output.dense'] }).length, 24);
    assert.equal(selectModules(table('bert-base'), { targets: ['dense'] }).length, 37);
    assert.equal(selectModules(table('bert-base'), { targets: ['uery'] }).length, 0);
  });

  it('leaves the output layer and modules trained in full out of all-linear', () => {
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

  const count = (config: RawConfig, model = 'llama-3-8b'): number =>
    computeBudget(preset(model), { peft_type: 'LORA', r: 1, ...config }).modules.length;

  it('treats a single string as a pattern for the whole name', () => {
    assert.equal(count({ target_modules: '.*\\.(q|v)_proj' }), 64);
    assert.equal(count({ target_modules: 'model\\.layers\\.(?:[0-9]|1[0-5])\\.mlp\\.(?!gate).*_proj' }), 32);
    assert.equal(count({ target_modules: '.*q_proj', exclude_modules: '.*\\.1\\d\\..*' }), 22);
    assert.throws(() => count({ target_modules: 'q_proj' }), TargetError);
  });

  it('refuses what PEFT refuses', () => {
    const refused: readonly RawConfig[] = [
      { target_modules: ['nope'] },
      { target_modules: [] },
      { target_modules: ['mlp'] },
      { target_modules: ['norm'] },
      { target_modules: '.*mlp.*' },
      { target_modules: ['q_proj'], exclude_modules: ['q_proj'] },
      { target_modules: ['q_proj'], modules_to_save: ['self_attn'] },
      { target_modules: ['q_proj'], layers_to_transform: [99] },
      { target_modules: ['q_proj'], layers_pattern: 'layers' },
      { target_modules: '.*q_proj', layers_to_transform: [1] },
      { target_modules: ['q_proj'], r: 0 },
      { target_modules: ['q_proj'], r: 2.5 },
      { target_modules: ['q_proj'], r: '8' },
      { target_modules: ['q_proj'], bias: 'some' },
      { target_modules: ['q_proj'], use_dora: true, lora_bias: true },
      { target_modules: [7] },
      { target_parameters: ['nope'], target_modules: [] },
    ];
    for (const config of refused) assert.throws(() => count(config), BudgetError, JSON.stringify(config));
    assert.throws(() => computeBudget(preset('gpt2'), { peft_type: 'NOPE' }), BudgetError);
    assert.throws(() => computeBudget(preset('gpt2'), {}), ConfigError);
    assert.throws(() => computeBudget(preset('gpt2'), []), ConfigError);
  });

  it('warns of targets that match nothing if other targets match', () => {
    const { warnings } = computeBudget(preset('gpt2'), { peft_type: 'LORA', target_modules: ['c_attn', 'q_proj'] });
    assert.ok(warnings.some((warning) => warning.includes('q_proj')));
  });

  it('counts the head of the task if the config names another head', () => {
    const config = { peft_type: 'LORA', r: 8, target_modules: ['query', 'value'], task_type: 'SEQ_CLS' };
    const { trainable, warnings } = computeBudget(preset('bert-base'), config);
    assert.equal(trainable, 294_912 + 768 * 2 + 2);
    assert.ok(warnings.some((warning) => warning.includes('BertForSequenceClassification')));
  });

  it('takes each rank from the first pattern of the file that matches', () => {
    const ranks = { 'layers.1.self_attn.q_proj': 16, q_proj: 8, '^model.*v_proj': 2 };
    const { modules } = computeBudget(preset('llama-3-8b'), {
      peft_type: 'LORA',
      r: 4,
      target_modules: ['q_proj', 'v_proj', 'k_proj'],
      rank_pattern: ranks,
    });
    assert.deepEqual(
      modules.slice(0, 6).map(({ rank }) => rank),
      [8, 4, 2, 16, 4, 2],
    );
  });

  it('terminates on hostile patterns in targets, exclusions, layers and ranks', () => {
    const evil = '(.*.*.*.*.*.*)*(a+)+$';
    const configs: readonly RawConfig[] = [
      { target_modules: evil },
      { target_modules: ['q_proj'], exclude_modules: `${evil}x` },
      { target_modules: ['q_proj'], layers_to_transform: [1], layers_pattern: evil },
      { target_modules: ['q_proj'], rank_pattern: { [evil]: 4 } },
      { target_modules: ['q_proj'], modules_to_save: [evil] },
      { target_modules: '('.repeat(1000) },
      { target_modules: '(a{1000}){1000}' },
      { target_modules: '(a|b)\\1' },
    ];
    for (const config of configs) {
      try {
        count(config, 'gpt2');
      } catch (error) {
        assert.ok(error instanceof BudgetError, String(error));
      }
    }
    assert.throws(() => new PythonPattern('(a{1000}){1000}'), PatternError);
  });
});
