import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { TensorEntry } from '../../../../src/checkpoint/header';
import { parseAdapterConfig } from '../../../../src/peftConfig/adapterConfig';
import type { AdapterConfig } from '../../../../src/peftConfig/adapterConfig';
import { collectParts, scalarTensors } from '../../../../src/checkpoint/adapters/adapterParts';
import { pairLora } from '../../../../src/checkpoint/adapters/loraPairs';
import { readTensorName } from '../../../../src/checkpoint/adapters/tensorNames';
import type { LoraPairing } from '../../../../src/checkpoint/adapters/loraPairs';
import { describePrompts } from '../../../../src/checkpoint/adapters/promptTensors';
import { headerLength, parseSafetensorsHeader } from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import type { SafetensorsHeader } from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import { atOnce } from '../../../../src/checkpoint/steps';
import { fixturePath } from '../fixtures';

function savedHeader(name: string): SafetensorsHeader {
  const bytes = readFileSync(fixturePath('peft_saved', name, 'adapter_model.safetensors'));
  return atOnce(parseSafetensorsHeader(bytes.subarray(8, 8 + headerLength(bytes, bytes.length)), bytes.length));
}

function savedConfig(name: string, changes: Record<string, unknown> = {}) {
  const text = readFileSync(fixturePath('peft_saved', name, 'adapter_config.json'), 'utf8');
  return parseAdapterConfig(JSON.stringify({ ...JSON.parse(text), ...changes }));
}

function pair(
  tensors: readonly TensorEntry[],
  config: AdapterConfig | null,
  alphas: ReadonlyMap<string, number> = new Map(),
): LoraPairing {
  return atOnce(pairLora(tensors, config, alphas, atOnce(collectParts(tensors))));
}

function pairSaved(name: string, changes: Record<string, unknown> = {}): LoraPairing {
  return pair(savedHeader(name).tensors, savedConfig(name, changes));
}

function entriesOf(shapes: Record<string, readonly number[]>): TensorEntry[] {
  return Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32',
    shape,
    begin: 0,
    end: 0,
    readable: true,
  }));
}

function pairShapes(
  shapes: Record<string, readonly number[]>,
  config: object | null = null,
  alphas: Record<string, number> = {},
): LoraPairing {
  return pair(entriesOf(shapes), config && parseAdapterConfig(JSON.stringify(config)), new Map(Object.entries(alphas)));
}

describe('LoRA pairs of files that PEFT saved', () => {
  it('have a path, a place in the grid, a shape and a scaling', () => {
    const { modules, problems } = pairSaved('lora');
    assert.deepEqual(problems, []);
    assert.equal(modules.length, 6);
    assert.deepEqual(modules[1], {
      module: 'model.layers.0.self_attn.q_proj',
      layer: 0,
      group: 'self_attn.q_proj',
      rank: 4,
      alpha: 16,
      scaling: 4,
      scalingSource: 'alpha / r = 16 / 4',
      inFeatures: 64,
      outFeatures: 64,
      a: 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
      b: 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
    });
  });

  it('are scaled by the root of the rank if the config says rsLoRA', () => {
    const [first] = pairSaved('lora_rslora').modules;
    assert.equal(first!.scaling, first!.alpha! / Math.sqrt(first!.rank));
    assert.match(first!.scalingSource, /^alpha \/ sqrt\(r\) = 16 \/ sqrt\(4\)$/);
  });

  it('take rank and alpha from the first pattern that matches', () => {
    const { modules, problems } = pairSaved('lora', {
      r: 2,
      rank_pattern: { 'layers.1.self_attn.q_proj': 4, '.*_proj': 4 },
      alpha_pattern: { q_proj: 6, 'layers\\.0\\..*': 12 },
    });
    assert.deepEqual(problems, []);
    const byName = new Map(modules.map((module) => [module.module, module]));
    assert.equal(byName.get('model.layers.0.self_attn.q_proj')!.scaling, 6 / 4);
    assert.equal(byName.get('model.layers.0.mlp.down_proj')!.scaling, 12 / 4);
    assert.equal(byName.get('model.layers.1.mlp.down_proj')!.scaling, 16 / 4);
    assert.match(
      byName.get('model.layers.1.self_attn.q_proj')!.scalingSource,
      /rank_pattern 'layers\.1.*alpha_pattern 'q_proj'/,
    );
  });

  it('report a rank that differs between the tensors and the config, and use that of the tensors', () => {
    const { modules, problems } = pairSaved('lora', { r: 8 });
    assert.equal(problems.length, 6);
    assert.match(problems[0]!.message, /the tensors have rank 4, adapter_config.json says 8/);
    assert.equal(modules[0]!.scaling, 4);
  });

  it('flatten convolutions, and include embeddings and linear layers', () => {
    const { modules, products } = pairSaved('conv_lora');
    const shapes = modules.map(({ module, rank, inFeatures, outFeatures, reshaped }) => [
      module,
      rank,
      inFeatures,
      outFeatures,
      reshaped ?? false,
    ]);
    assert.deepEqual(shapes, [
      ['c1', 4, 40, 16, true],
      ['conv', 4, 72, 16, true],
      ['emb', 4, 20, 16, false],
      ['lin', 4, 16, 12, false],
    ]);
    assert.equal(products.size, 4);
  });

  it('are also products if they have singular values between B and A', () => {
    const [module] = pairSaved('adalora').modules;
    assert.equal(module!.unavailable, undefined);
    assert.match(module!.formula!, /B · diag\(E\) · A/);
    assert.match(module!.scalingSource, /^alpha \/ init_r = 8 \/ 6$/);
  });

  it('are one module per expert if they stack experts, named after the parameter they adapt', () => {
    const { modules, problems } = pairSaved('mixtral_target_params');
    assert.deepEqual(problems, []);
    const experts = modules.filter(({ module }) => module.includes('layers.1.mlp.experts'));
    assert.deepEqual(
      experts.map(({ module, rank, inFeatures, outFeatures }) => [module, rank, inFeatures, outFeatures]),
      [0, 1, 2, 3]
        .map((e) => [`model.layers.1.mlp.experts.gate_up_proj[${e}]`, 2, 64, 192])
        .concat([0, 1, 2, 3].map((e) => [`model.layers.1.mlp.experts.down_proj[${e}]`, 2, 96, 64])),
    );
  });

  it('state what the product omits if they are DoRA', () => {
    const { modules, problems } = pairSaved('gpt2_lora_dora');
    assert.equal(modules.length, 2);
    assert.match(problems[0]!.message, /^2 modules are DoRA/);
  });
});

describe('LoRA pairs', () => {
  it('are unavailable if a factor is missing or the ranks differ, and say why', () => {
    const { modules, problems, products } = pairShapes({
      'x.lora_A.weight': [4, 8],
      'y.lora_B.weight': [8, 4],
      'z.lora_A.weight': [4, 8],
      'z.lora_B.weight': [8, 5],
      'v.lora_A.weight': [4],
      'v.lora_B.weight': [8, 4],
      'c.lora_A.weight': [4, 8, 3, 3],
      'c.lora_B.weight': [8, 4, 3, 3],
    });
    assert.deepEqual(
      modules.map(({ unavailable }) => unavailable),
      [
        'the B half (up) is missing',
        'the A half (down) is missing',
        'the ranks differ: A has 4 rows, B has 5 columns',
        'A has shape [4], which is not a matrix',
        'B has shape [8, 4, 3, 3], which is not a matrix',
      ],
    );
    assert.deepEqual([modules[0]!.b, modules[1]!.a], ['', '']);
    assert.equal(problems.filter(({ severity }) => severity === 'warning').length, 5);
    assert.equal(products.size, 0);
  });

  it('have an unknown alpha without a config', () => {
    const { modules, problems } = pairShapes({ 'x.lora_A.weight': [4, 8], 'x.lora_B.weight': [8, 4] });
    assert.deepEqual([modules[0]!.alpha, modules[0]!.scaling], [null, 1]);
    assert.match(problems[0]!.message, /alpha of 1 modules is unknown \(there is no usable adapter_config.json/);
  });

  it("take kohya's stored alpha, and alpha = r if it is 0 or absent", () => {
    const shapes = {
      'lora_unet_down_blocks_1_proj.alpha': [],
      'lora_unet_down_blocks_1_proj.lora_down.weight': [4, 8],
      'lora_unet_down_blocks_1_proj.lora_up.weight': [8, 4],
      'lora_unet_down_blocks_2_proj.lora_down.weight': [4, 8],
      'lora_unet_down_blocks_2_proj.lora_up.weight': [8, 4],
    };
    const { modules } = pairShapes(shapes, null, { 'lora_unet_down_blocks_1_proj.alpha': 2 });
    assert.deepEqual(
      modules.map(({ scaling, block, group }) => [scaling, block, group]),
      [
        [0.5, 'unet.down_blocks.1', 'proj'],
        [1, 'unet.down_blocks.2', 'proj'],
      ],
    );
    const entries = Object.keys(shapes).map((name) => ({
      name,
      dtype: 'F32',
      shape: [],
      begin: 0,
      end: 4,
      readable: true,
    }));
    assert.deepEqual(
      scalarTensors(atOnce(collectParts(entries))).map(({ name }) => name),
      ['lora_unet_down_blocks_1_proj.alpha'],
    );
  });

  it('are stored transposed and scaled directly in files of MLX', () => {
    const shapes = {
      'model.layers.20.self_attn.v_proj.lora_a': [896, 8],
      'model.layers.20.self_attn.v_proj.lora_b': [8, 128],
    };
    const { modules, products } = pairShapes(shapes, { lora_parameters: { rank: 8, scale: 10 } });
    const [module] = modules;
    assert.deepEqual(
      [module!.rank, module!.inFeatures, module!.outFeatures, module!.scaling, module!.reshaped],
      [8, 896, 128, 10, true],
    );
    assert.deepEqual(products.get(module!.module)!.inputs.get('b')!.layout, {
      rows: 128,
      columns: 8,
      offset: 0,
      rowStride: 1,
      columnStride: 128,
      reshaped: true,
    });
  });

  it('are not all matched against every pattern if their number is hostile', () => {
    const shapes = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`m${i}.lora_A.weight`, [4, 8]]));
    const rank_pattern = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`(x*)*${i}`, 3]));
    const config = parseAdapterConfig(JSON.stringify({ rank_pattern }));
    pair(entriesOf(shapes), config);
    assert.match(config.matching.problems.join(), /^matching takes more than 10000000 steps/);
  });
});

describe("the name of an adapter's tensor", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['base_model.model.model.layers.0.q_proj.lora_A.weight', 'peft a model.layers.0.q_proj'],
    ['base_model.model.model.layers.0.q_proj.lora_B.default.weight', 'peft b model.layers.0.q_proj'],
    ['model.layers.0.q_proj.lora_A.weight', 'peft a model.layers.0.q_proj'],
    ['base_model.model.lin0.lora_E', 'peft inner lin0'],
    ['base_model.model.h.0.c_attn.lora_magnitude_vector', 'peft magnitude h.0.c_attn'],
    ['base_model.model.embed_tokens.lora_embedding_A', 'peft-embedding a embed_tokens'],
    ['base_model.model.embed_tokens.lora_embedding_B.default', 'peft-embedding b embed_tokens'],
    ['base_model.model.q_proj.lora_B.bias', 'peft bBias q_proj'],
    ['base_model.model.q_proj.poly_lora_A', 'peft a q_proj'],
    ['base_model.model.q_proj.delora_A', 'peft a q_proj'],
    [
      'lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight',
      'kohya b lora_te_text_model_encoder_layers_0_mlp_fc1',
    ],
    ['unet.to_q.lora.down.weight', 'diffusers a unet.to_q'],
    ['attn1.processor.to_q_lora.up.weight', 'diffusers b attn1.processor.to_q'],
    ['double_blocks.0.processor.qkv_lora2.down.weight', 'diffusers a double_blocks.0.processor.qkv_lora2'],
    ['to_k.lora_linear_layer.up.weight', 'diffusers b to_k'],
    ['model.layers.0.q_proj.lora_b', 'mlx b model.layers.0.q_proj'],
    ['model.layers.0.mlp.down_proj.weight', null],
    ['prompt_embeddings', 'peft prompt '],
    ['blk.0.attn_q.weight.lora_a', 'gguf a blk.0.attn_q'],
    ['x.hada_w1_a.default', 'kohya w1_a x'],
  ];
  for (const [name, expected] of cases) {
    it(`'${name}' is read as ${expected ?? 'a name of no adapter'}`, () => {
      const found = readTensorName(name);
      assert.equal(found && `${found.style} ${found.part} ${found.module}`, expected);
    });
  }
});

describe('prompts and prefixes that PEFT saved', () => {
  const describeSaved = (name: string, changes: Record<string, unknown> = {}) =>
    describePrompts(savedHeader(name).tensors, savedConfig(name, changes));

  it('are described by their config', () => {
    const { prompts, prefixes, problems } = describeSaved('prompt_tuning');
    assert.deepEqual(
      [prompts, prefixes, problems],
      [[{ module: 'prompt_embeddings', promptLength: 5, dModel: 64, prompt: 'prompt_embeddings' }], [], []],
    );
    assert.equal(describeSaved('t5_ptuning').prompts[0]!.promptLength, 10);
    const expected = { module: 'prompt_embeddings', numLayers: 2, prefixLength: 5, hasGradient: false };
    assert.deepEqual(describeSaved('prefix_tuning').prefixes, [{ ...expected, numHeads: 2, dHead: 16 }]);
    assert.deepEqual(describeSaved('gpt2_prefix').prefixes, [{ ...expected, numHeads: 4, dHead: 12 }]);
    assert.deepEqual(describeSaved('bert_prefix_seqcls').problems, []);
  });

  it('report differences between the config and the tensor', () => {
    assert.match(
      describeSaved('prompt_tuning', { num_virtual_tokens: 7 }).problems[0]!.message,
      /has 5 rows, adapter_config.json says 7/,
    );
    assert.match(
      describeSaved('prefix_tuning', { num_layers: 3 }).problems[0]!.message,
      /has 128 columns, expected a multiple of 3 layers/,
    );
    assert.match(describeSaved('prefix_tuning', { num_layers: 0 }).problems[0]!.message, /lacks num_layers/);
  });
});
