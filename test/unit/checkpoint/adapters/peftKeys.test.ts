import { strict as assert } from 'node:assert';
import { describeShapes } from '../describeFile';

const CONFIG = { peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: ['q_proj'] };
const pair = (module: string, [a, b] = ['lora_A.weight', 'lora_B.weight']): Record<string, readonly number[]> => ({
  [`${module}.${a}`]: [4, 32],
  [`${module}.${b}`]: [32, 4],
});
const PATH = 'model.layers.0.self_attn.q_proj';
const faults = (shapes: Record<string, readonly number[]>, config: object | null = CONFIG) =>
  describeShapes(shapes, config).problems.filter(({ severity }) => severity !== 'info');

describe('keys that PEFT would not match', () => {
  for (const [place, name] of [
    ['first', `_orig_mod.base_model.model.${PATH}`],
    ['first, by DDP', `module.base_model.model.${PATH}`],
    ['inside', `base_model.model._orig_mod.${PATH}`],
    ['in the layer', 'base_model.model.model.layers.0._fsdp_wrapped_module.self_attn.q_proj'],
    ['in the layer, twice', 'base_model.model.model.layers.0._checkpoint_wrapped_module._orig_mod.self_attn.q_proj'],
  ] as const) {
    it(`are an error if they hold a training wrapper ${place}, and the module is shown without it`, () => {
      const [problem, ...more] = faults(pair(name));
      assert.deepEqual([problem!.severity, more], ['error', []]);
      assert.match(problem!.message, /training wrapper.*load 0 of the 2 adapter tensors.*remove/);
      assert.deepEqual(
        describeShapes(pair(name), CONFIG).lora.map(({ module }) => module),
        [PATH],
      );
    });
  }

  it('are a warning if PEFT loads other keys of the file', () => {
    const shapes = { ...pair(`base_model.model.${PATH}`), ...pair('base_model.model.module.model.layers.1.q_proj') };
    const [problem] = faults(shapes);
    assert.equal(problem!.severity, 'warning');
    assert.match(problem!.message, /2 keys .* load 2 of the 4/);
  });

  it("are none in PEFT's own file, and none under the bare prefix with which transformers saves", () => {
    assert.deepEqual(faults(pair(`base_model.model.${PATH}`)), []);
    assert.deepEqual(faults(pair(PATH)), []);
  });

  it("have a doubled prefix, a missing prefix, the adapter's name, or the names of another library", () => {
    assert.match(faults(pair(`base_model.model.base_model.model.${PATH}`))[0]!.message, /at the wrong place/);
    const mixed = { ...pair(`base_model.model.${PATH}`), ...pair('model.layers.1.self_attn.q_proj') };
    assert.match(faults(mixed)[0]!.message, /lack the prefix/);
    const named = pair(`base_model.model.${PATH}`, ['lora_A.mine.weight', 'lora_B.mine.weight']);
    assert.match(faults(named)[0]!.message, /name of the adapter, 'mine'/);
    const kohya = pair('lora_unet_q', ['lora_down.weight', 'lora_up.weight']);
    assert.match(faults(kohya)[0]!.message, /names of kohya/);
  });

  it('load under the usual name of an adapter, which PEFT then finds in place', () => {
    assert.deepEqual(faults(pair(`base_model.model.${PATH}`, ['lora_A.default.weight', 'lora_B.default.weight'])), []);
  });

  it('begin inside the model, or after a name that no model has', () => {
    assert.match(faults(pair('layers.0.self_attn.q_proj'))[0]!.message, /lack the prefix 'base_model.model.'/);
    assert.match(faults(pair(`actor.${PATH}`))[0]!.message, /lack the prefix/);
    assert.match(faults(pair('base_model.layers.0.q_proj'))[0]!.message, /'base_model.' alone/);
    for (const name of [
      'transformer.h.0.attn.c_attn',
      'language_model.model.layers.0.q_proj',
      'bert.encoder.layer.0.q',
    ])
      assert.deepEqual(faults(pair(name)), [], name);
  });

  it("lack the model's name only if the task says that the model has a head", () => {
    const bare = pair('base_model.model.layers.0.self_attn.q_proj');
    assert.match(faults(bare, { ...CONFIG, task_type: 'CAUSAL_LM' })[0]!.message, /name of the model inside/);
    assert.deepEqual(faults(bare, { ...CONFIG, task_type: 'FEATURE_EXTRACTION' }), []);
  });

  it('are not looked for without a config of PEFT', () => {
    assert.deepEqual(faults(pair(`module.${PATH}`), null), []);
  });
});
