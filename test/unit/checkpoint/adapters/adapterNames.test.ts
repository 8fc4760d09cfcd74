import { strict as assert } from 'node:assert';
import { describeShapes } from '../describeFile';

/** [method, module, rank] of each module. */
const modulesOf = (shapes: Record<string, readonly number[]>, config: object | null) =>
  describeShapes(shapes, config).adapters!.map(({ method, module, rank }) => [method, module, rank]);

describe('tensors of an adapter', () => {
  it('are saved whole if their path ends with a key of modules_to_save, even inside a word, as in PEFT', () => {
    const { adapters, unexplained } = describeShapes(
      {
        'base_model.model.model.layers.0.q_proj.lora_A.weight': [2, 8],
        'base_model.model.model.layers.0.q_proj.lora_B.weight': [8, 2],
        'base_model.model.model.layers.0.post_attention_layernorm.weight': [8],
        'base_model.model.model.norm.weight': [8],
        'base_model.model.model.layers.0.mlp.up_proj.weight': [16, 8],
      },
      { peft_type: 'LORA', r: 2, task_type: 'CAUSAL_LM', target_modules: ['q_proj'], modules_to_save: ['norm'] },
    );
    const saved = adapters!.filter(({ method }) => method === 'SAVED').map(({ module }) => module);
    assert.deepEqual(saved, ['model.layers.0.post_attention_layernorm', 'model.norm']);
    assert.deepEqual(
      unexplained!.map(({ tensor }) => tensor),
      ['base_model.model.model.layers.0.mlp.up_proj.weight'],
    );
  });

  it("include X-LoRA's classifier layers, and the base model that it saves in the adapters' folders", () => {
    const classifier = {
      'base_model.internal_xlora_classifier.layers.weight': [8, 32],
      'base_model.internal_xlora_classifier.layers.bias': [8],
      'base_model.internal_xlora_classifier.layers.3.weight': [2, 8],
      'base_model.internal_xlora_classifier.layers.3.bias': [2],
    };
    assert.deepEqual(describeShapes(classifier, { peft_type: 'XLORA' }).unexplained, []);
    const { unexplained, lora } = describeShapes(
      {
        ...classifier,
        'base_model.lora_model.model.model.layers.0.q_proj.lora_A.weight': [4, 8],
        'base_model.lora_model.model.model.layers.0.q_proj.lora_B.weight': [8, 4],
        'base_model.lora_model.model.model.layers.0.input_layernorm.weight': [8],
        'base_model.lora_model.model.lm_head.weight': [16, 8],
      },
      { peft_type: 'LORA', r: 4, task_type: 'CAUSAL_LM', target_modules: ['q_proj'] },
    );
    assert.deepEqual(unexplained, []);
    assert.deepEqual(
      lora.map(({ module }) => module),
      ['model.layers.0.q_proj'],
    );
  });

  it("belong to the attention that the prefix precedes, for AdapterHub's prefix tuning", () => {
    const prefix = 'roberta.prefix_tuning.prefix_tunings.sst.self_prefix';
    const shapes = {
      [`${prefix}.wte.weight`]: [5, 16],
      [`${prefix}.control_trans.0.weight`]: [8, 16],
      [`${prefix}.control_trans.0.bias`]: [8],
    };
    const config = { config: { architecture: 'prefix_tuning' }, name: 'sst' };
    assert.deepEqual(modulesOf(shapes, config), [['PREFIX_TUNING', 'roberta.prefix_tuning.self_prefix', null]]);
    assert.deepEqual(describeShapes(shapes, config).unexplained, []);
  });

  it("are weights of fully trained modules, for MLX's full fine-tuning", () => {
    const { method, layout, adapters, unexplained } = describeShapes(
      { 'model.layers.31.self_attn.q_proj.weight': [6, 8], 'model.layers.31.input_layernorm.weight': [8] },
      { fine_tune_type: 'full', num_layers: 1, lora_parameters: { rank: 8, scale: 20 } },
    );
    assert.deepEqual([method, layout], ['FULL', 'MLX']);
    assert.deepEqual(
      adapters!.map(({ module }) => module),
      ['model.layers.31.self_attn.q_proj', 'model.layers.31.input_layernorm'],
    );
    assert.deepEqual(unexplained, []);
  });

  it('may be empty if AdaLoRA pruned every rank', () => {
    const { lora, problems } = describeShapes(
      { 'base_model.model.q.lora_A': [0, 8], 'base_model.model.q.lora_B': [8, 0], 'base_model.model.q.lora_E': [0, 1] },
      { peft_type: 'ADALORA', init_r: 6, lora_alpha: 9, target_modules: ['q'] },
    );
    assert.match(lora[0]!.unavailable!, /pruned it to rank 0/);
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ['info'],
    );
  });

  it("have the config's rank, by which alpha was divided, for a LoKr whose factors are both whole", () => {
    const shapes = { 'base_model.model.c.lokr_w1': [2, 2], 'base_model.model.c.lokr_w2': [4, 3, 3, 3] };
    const config = { peft_type: 'LOKR', r: 2, alpha: 5, target_modules: ['c'], rank_pattern: {} };
    const [module] = describeShapes(shapes, config).adapters!;
    assert.deepEqual([module!.rank, module!.alpha, module!.scaling], [2, 5, 2.5]);
  });
});
