import { strict as assert } from 'node:assert';
import { PRESETS, presetNamed, searchPresets } from '../../../src/budget/presets';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { readGolden, tableOf } from './goldenModels';

/** A base model with the total that transformers 5.18 builds from its config, which is the published one. */
interface BaseModel {
  readonly hub: readonly string[];
  readonly total: number;
  readonly config: RawConfig;
}

describe('the presets', () => {
  const golden = [...readGolden<BaseModel>('base_models.json'), ...readGolden<BaseModel>('base_models_recent.json')];
  const id = (name: string): string | null => presetNamed(name)?.preset.id ?? null;

  it('are compared with 123 base models and later ones, and no preset is left out', () => {
    assert.ok(golden.length > 130, `${golden.length} models`);
    const compared = new Set(golden.map(({ hub }) => id(hub[0]!)));
    assert.deepEqual(
      PRESETS.filter((preset) => !compared.has(preset.id)),
      [],
    );
  });

  for (const { hub, total } of golden) {
    it(`give ${hub[0]} the total that transformers builds, under all its names`, () => {
      const named = presetNamed(hub[0]!);
      assert.ok(named?.exact);
      const table = tableOf(named.preset.config);
      // The table of a multimodal model may have only its language model, and then says so.
      if (table.shape.textPartOnly) assert.ok(table.parameters < total && table.warnings.length > 0);
      else assert.equal(table.parameters, total);
      for (const twin of hub) assert.deepEqual(presetNamed(twin), named, twin);
    });
  }

  it('have ids and Hub ids of their own', () => {
    const names = PRESETS.flatMap((preset) => [
      ...new Set([preset.id, ...preset.hubIds.map((each) => each.toLowerCase())]),
    ]);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('are found in any letter case, with or without the organisation', () => {
    for (const name of ['Qwen/Qwen3-4B', 'qwen/qwen3-4b', 'Qwen3-4B', 'qwen3-4b '])
      assert.equal(id(name), 'qwen3-4b', name);
    assert.equal(id('meta-llama/Llama-2-7b-hf'), 'llama-2-7b');
    assert.equal(id('llama-2-7b'), 'llama-2-7b');
    assert.equal(id('gpt2'), 'gpt2');
    assert.equal(id('gpt2-xl'), 'gpt2-xl');
    assert.equal(id('google/gemma-2-2b-it'), 'gemma-2-2b');
    assert.equal(id('/data/models/Llama-2-7b-hf/'), 'llama-2-7b');
    assert.equal(id('C:\\models\\Qwen3-4B'), 'qwen3-4b');
  });

  it('are found for quantised copies and for the copies of other organisations', () => {
    const copies = {
      'unsloth/llama-3-8b-Instruct-bnb-4bit': 'llama-3-8b',
      'unsloth/Qwen3-4B-unsloth-bnb-4bit': 'qwen3-4b',
      'TheBloke/Llama-2-7B-GPTQ': 'llama-2-7b',
      'Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4': 'qwen2.5-7b',
      'mlx-community/Qwen2.5-0.5B-Instruct-4bit': 'qwen2.5-0.5b',
      'NousResearch/Llama-2-13b-hf': 'llama-2-13b-hf',
    };
    for (const [name, expected] of Object.entries(copies))
      assert.deepEqual([id(name), presetNamed(name)?.exact], [expected, true], name);
  });

  it('only stand in for a known name of an unknown organisation, and for copies with other modules', () => {
    for (const name of ['me/gpt2', '__proto__/gpt2', 'unsloth/Phi-3-mini-4k-instruct'])
      assert.equal(presetNamed(name)?.exact, false, name);
  });

  it('are not guessed for names that only resemble one', () => {
    for (const name of [
      '',
      '/',
      'Qwen/Qwen3-4B-my-finetune',
      'Qwen3',
      '4B',
      'constructor',
      'llama',
      'gpt2/config.json',
    ])
      assert.equal(presetNamed(name), null, name);
  });

  it('are searched by words of any of their Hub ids', () => {
    const titles = (text: string): string[] => searchPresets(text).map(({ title }) => title);
    assert.deepEqual(titles('qwen3 4b'), ['Qwen3-4B', 'Qwen3-VL-4B-Instruct']);
    assert.deepEqual(titles('R1 distill llama 8b'), ['Llama-3-8B']);
    assert.deepEqual(titles(' '), []);
  });
});
