import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fixturePath } from '../fixtures';
import { describeShapes } from '../describeFile';

interface Saved {
  readonly case: string;
  readonly config: { readonly peft_type: string; readonly target_modules?: readonly string[] };
  readonly tensors: Readonly<Record<string, readonly [string, readonly number[]]>>;
}

const saved = JSON.parse(readFileSync(fixturePath('golden', 'peft_saved.json'), 'utf8')) as readonly Saved[];

function describeSaved(name: string) {
  const { tensors, config } = saved.find((found) => found.case === name)!;
  return describeShapes(Object.fromEntries(Object.entries(tensors).map(([key, [, shape]]) => [key, shape])), config);
}

describe('the modules of an adapter', () => {
  for (const { case: name, config, tensors } of saved) {
    it(`account for every tensor of ${name} and its dimensions`, () => {
      const { adapters, unexplained, method, layout } = describeSaved(name);
      assert.deepEqual(unexplained, []);
      assert.equal(method, config.peft_type);
      assert.equal(layout, 'Hugging Face PEFT');
      const factors = adapters!.flatMap((module) => module.factors);
      assert.deepEqual(factors.map(({ tensor }) => tensor).sort(), Object.keys(tensors).sort());
      for (const { tensor, role, dims, shape } of factors) {
        assert.notEqual(role, '');
        assert.equal(dims.length, shape.length, `${tensor}: ${dims.join(', ')}`);
      }
      const total = Object.values(tensors).reduce((sum, [, shape]) => sum + shape.reduce((n, size) => n * size, 1), 0);
      assert.equal(
        adapters!.reduce((sum, { parameters }) => sum + parameters, 0),
        total,
      );
      for (const { module } of adapters!) assert.doesNotMatch(module, /^base_model/);
    });
  }

  it('have rank and widths, and the reason if the update is not a product', () => {
    const [hira] = describeSaved('hira').adapters!;
    assert.deepEqual(
      [hira!.module, hira!.method, hira!.rank, hira!.inFeatures, hira!.outFeatures],
      ['model.layers.0.mlp.down_proj', 'HIRA', 4, 96, 64],
    );
    assert.match(hira!.unavailable!, /frozen weight/);
    const ia3 = describeSaved('gpt2_ia3').adapters!;
    assert.deepEqual(ia3.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures]).slice(0, 2), [
      [null, 144],
      [192, null],
    ]);
  });

  it('state what is saved in addition to the factors', () => {
    const of = (name: string): (readonly [string, string])[] =>
      describeSaved(name).adapters!.flatMap(({ module, method, factors }) =>
        method === 'SAVED' ? factors.map(({ role }) => [module, role] as const) : [],
      );
    assert.deepEqual(of('bert_seqcls_lora'), [
      ['classifier', 'bias of a module saved whole'],
      ['classifier', 'weight of a module saved whole'],
    ]);
    assert.deepEqual(of('lora_embed'), [['model.embed_tokens', 'frozen weight of the adapted module']]);
    assert.equal(of('bert_lora_bias_loraonly')[0]![1], 'bias of the adapted module, retrained');
    const tokens = describeSaved('lora_tti').adapters!.find(({ method }) => method === 'TRAINABLE_TOKENS');
    assert.deepEqual(tokens!.factors[0]!.dims, ['tokens', 'width']);
  });

  it('leave out no tensor silently: every tensor that is not understood has a reason', () => {
    const { unexplained, problems } = describeShapes(
      {
        'base_model.model.q.lora_A.weight': [4, 8],
        'base_model.model.q.lora_B.weight': [8, 4],
        'base_model.model.q.mystery': [3],
      },
      { peft_type: 'LORA', r: 4, lora_alpha: 8 },
    );
    assert.deepEqual(
      unexplained!.map(({ tensor }) => tensor),
      ['base_model.model.q.mystery'],
    );
    assert.match(unexplained![0]!.reason, /no known method/);
    assert.ok(problems.some(({ message }) => message.startsWith('1 tensors are not understood')));
    const odd = describeShapes({ 'base_model.model.q.hra_u': [4, 8, 2] }, { peft_type: 'HRA' });
    assert.match(odd.unexplained![0]!.reason, /shape \[4, 8, 2\], expected \(in, rank\)/);
  });

  it('distinguish adapters that are in one file', () => {
    const { lora } = describeShapes({
      'q.lora_A.default.weight': [4, 8],
      'q.lora_B.default.weight': [8, 4],
      'q.lora_A.other.weight': [2, 8],
      'q.lora_B.other.weight': [8, 2],
    });
    assert.deepEqual(
      lora.map(({ module, rank }) => [module, rank]),
      [
        ['q', 4],
        ['q (other)', 2],
      ],
    );
  });

  it('do not exist in a base model', () => {
    const base = describeShapes({
      'model.layers.0.self_attn.q_proj.weight': [8, 8],
      'model.alpha': [],
      'model.m': [4],
      'bert.query.weight': [4, 4],
    });
    assert.deepEqual(
      [base.adapters, base.unexplained, base.method, base.layout, base.problems],
      [[], [], null, null, []],
    );
  });
});

describe('adapters of other libraries', () => {
  it('include alphas, text encoders, LoCon kernels and DoRA scales of kohya', () => {
    const { lora, layout, unexplained, adapters } = describeShapes(
      {
        'lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha': [],
        'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': [4, 8],
        'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight': [16, 4],
        'lora_te1_text_model_encoder_layers_0_mlp_fc1.dora_scale': [16, 1],
        'lora_unet_conv_in.lora_down.weight': [2, 4, 1, 1],
        'lora_unet_conv_in.lora_mid.weight': [2, 2, 3, 3],
        'lora_unet_conv_in.lora_up.weight': [6, 2, 1, 1],
        'lora_unet_conv_in.alpha': [],
      },
      null,
      { 'lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha': 1, 'lora_unet_conv_in.alpha': 4 },
    );
    assert.equal(layout, 'kohya');
    assert.deepEqual(unexplained, []);
    assert.deepEqual(
      lora.map(({ rank, scaling, inFeatures, outFeatures }) => [rank, scaling, inFeatures, outFeatures]),
      [
        [4, 0.25, 8, 16],
        [2, 2, 36, 6],
      ],
    );
    assert.equal(adapters![0]!.factors.length, 4);
  });

  it('include LoHa, LoKr with whole factors, and (IA)^3 of LyCORIS', () => {
    const { lora, layout, unexplained, adapters } = describeShapes(
      {
        'lora_unet_a.hada_w1_a': [8, 2],
        'lora_unet_a.hada_w1_b': [2, 6],
        'lora_unet_a.hada_w2_a': [8, 2],
        'lora_unet_a.hada_w2_b': [2, 6],
        'lora_unet_a.alpha': [],
        'lora_unet_b.lokr_w1': [2, 3],
        'lora_unet_b.lokr_w2': [4, 5],
        'lora_unet_b.alpha': [],
        'lora_unet_c.weight': [8],
        'lora_unet_c.on_input': [],
      },
      null,
      { 'lora_unet_a.alpha': 1, 'lora_unet_b.alpha': 128 },
    );
    assert.equal(layout, 'kohya (LyCORIS)');
    assert.deepEqual(unexplained, []);
    assert.deepEqual(
      lora.map(({ rank, scaling, inFeatures, outFeatures }) => [rank, scaling, inFeatures, outFeatures]),
      [
        [4, 0.5, 6, 8],
        [8, 1, 15, 8],
      ],
    );
    assert.deepEqual(
      adapters!.map(({ method, rank }) => [method, rank]),
      [
        ['LOHA', 2],
        ['LOKR', null],
        ['IA3', null],
      ],
    );
  });

  it('include both styles of diffusers, ComfyUI, Black Forest Labs and ai-toolkit', () => {
    const pair = (a: string, b: string) => ({ [a]: [4, 8], [b]: [8, 4] });
    const layouts = [
      describeShapes(pair('unet.down.0.to_q.lora.down.weight', 'unet.down.0.to_q.lora.up.weight')),
      describeShapes(pair('transformer.blocks.0.to_q.lora_A.weight', 'transformer.blocks.0.to_q.lora_B.weight')),
      describeShapes(pair('diffusion_model.blocks.0.q.lora_down.weight', 'diffusion_model.blocks.0.q.lora_up.weight')),
      describeShapes(pair('double_blocks.0.img_attn.qkv.lora_A.weight', 'double_blocks.0.img_attn.qkv.lora_B.weight')),
      describeShapes(pair('transformer.b.0.q.lora_A.weight', 'transformer.b.0.q.lora_B.weight'), null, {}, [
        ['software', '{"name": "ai-toolkit"}'],
      ]),
      describeShapes(pair('transformer.h.0.attn.c_attn.lora_A', 'transformer.h.0.attn.c_attn.lora_B')),
    ].map(({ layout, lora, unexplained }) => [layout, lora.length, unexplained!.length]);
    assert.deepEqual(layouts, [
      ['diffusers', 1, 0],
      ['diffusers', 1, 0],
      ['ComfyUI', 1, 0],
      ['Black Forest Labs', 1, 0],
      ['ai-toolkit (diffusers)', 1, 0],
      ['microsoft/loralib', 1, 0],
    ]);
  });

  it('have their alphas in the metadata, by component, if diffusers saved them', () => {
    const shapes = {
      'transformer.blocks.0.to_q.lora_A.weight': [4, 8],
      'transformer.blocks.0.to_q.lora_B.weight': [8, 4],
      'transformer.blocks.0.to_k.lora_A.weight': [2, 8],
      'transformer.blocks.0.to_k.lora_B.weight': [8, 2],
      'text_encoder.layers.0.q.lora_A.weight': [4, 8],
      'text_encoder.layers.0.q.lora_B.weight': [8, 4],
    };
    const settings = {
      'transformer.r': 4,
      'transformer.lora_alpha': 8,
      'transformer.rank_pattern': { to_k: 2 },
      'transformer.alpha_pattern': { to_k: 1 },
      'text_encoder.r': 4,
      'text_encoder.lora_alpha': 20,
    };
    const both = describeShapes(shapes, null, {}, [['lora_adapter_metadata', JSON.stringify(settings)]]);
    assert.deepEqual(
      both.lora.map(({ scaling }) => scaling),
      [2, 0.5, 5],
    );
    assert.deepEqual([both.layout, both.problems, both.unexplained], ['diffusers', [], []]);
    const one = describeShapes(shapes, null, {}, [
      ['lora_adapter_metadata', '{"transformer.r":4,"transformer.lora_alpha":12}'],
    ]);
    assert.equal(one.lora[0]!.scaling, 3);
    for (const broken of ['{', '[]', '{"a":1}', 'null'])
      assert.equal(describeShapes(shapes, null, {}, [['lora_adapter_metadata', broken]]).lora[0]!.alpha, null);
  });

  it("include loralib's MergedLinear, whose B lacks the zeros between the blocks", () => {
    const { lora, layout } = describeShapes({ 'h.0.attn.c_attn.lora_A': [8, 48], 'h.0.attn.c_attn.lora_B': [96, 4] });
    assert.equal(layout, 'microsoft/loralib');
    assert.deepEqual(
      [lora[0]!.rank, lora[0]!.inFeatures, lora[0]!.outFeatures, lora[0]!.unavailable],
      [8, 48, 96, undefined],
    );
    assert.match(lora[0]!.formula!, /2 blocks/);
  });

  it('include switch layers of MLX with one pair per expert, and DoRA with its magnitudes', () => {
    const { lora, adapters, layout, unexplained } = describeShapes(
      {
        'model.layers.3.mlp.switch_mlp.up_proj.lora_a': [2, 4, 8],
        'model.layers.3.mlp.switch_mlp.up_proj.lora_b': [2, 16, 4],
        'model.layers.3.self_attn.q_proj.lora_a': [8, 4],
        'model.layers.3.self_attn.q_proj.lora_b': [4, 8],
        'model.layers.3.self_attn.q_proj.m': [8],
      },
      { fine_tune_type: 'dora', lora_parameters: { rank: 4, scale: 20 } },
    );
    assert.equal(layout, 'MLX');
    assert.deepEqual(unexplained, []);
    assert.deepEqual(
      lora.map(({ module, rank, inFeatures, outFeatures, scaling }) => [
        module.split('.').at(-1),
        rank,
        inFeatures,
        outFeatures,
        scaling,
      ]),
      [
        ['up_proj[0]', 4, 8, 16, 20],
        ['up_proj[1]', 4, 8, 16, 20],
        ['q_proj', 4, 8, 8, 20],
      ],
    );
    assert.equal(adapters![0]!.experts, 2);
  });

  it('include GGUF with one alpha for all modules and an embedding whose A is transposed', () => {
    const { lora, layout, unexplained } = describeShapes(
      {
        'blk.0.attn_q.weight.lora_a': [4, 64],
        'blk.0.attn_q.weight.lora_b': [32, 4],
        'token_embd.weight.lora_a': [100, 4],
        'token_embd.weight.lora_b': [64, 4],
      },
      null,
      {},
      [],
      8,
    );
    assert.deepEqual([layout, unexplained], ['llama.cpp', []]);
    assert.deepEqual(
      lora.map(({ module, rank, scaling, inFeatures, outFeatures }) => [
        module,
        rank,
        scaling,
        inFeatures,
        outFeatures,
      ]),
      [
        ['blk.0.attn_q', 4, 2, 64, 32],
        ['token_embd', 4, 2, 100, 64],
      ],
    );
  });

  it('include bottlenecks with biases at any position, LoRA and prefixes of AdapterHub', () => {
    const at = 'bert.encoder.layer.0.output.adapters.sst-2';
    const { bottlenecks, layout, unexplained, adapters, method } = describeShapes(
      {
        [`${at}.adapter_down.0.weight`]: [4, 64],
        [`${at}.adapter_down.0.bias`]: [4],
        [`${at}.adapter_up.weight`]: [64, 4],
        [`${at}.adapter_up.bias`]: [64],
        'bert.encoder.layer.0.attention.output.adapters.sst-2.adapter_down.0.weight': [64],
        'bert.encoder.layer.0.attention.output.adapters.sst-2.adapter_down.0.bias': [64],
        'bert.encoder.layer.0.attention.output.adapters.sst-2.adapter_down.1.weight': [4, 64],
        'bert.encoder.layer.0.attention.output.adapters.sst-2.adapter_up.weight': [64, 4],
        'bert.encoder.layer.0.attention.self.query.loras.sst-2.lora_A': [8, 64],
        'bert.encoder.layer.0.attention.self.query.loras.sst-2.lora_B': [64, 8],
        'bert.prefix_tuning.prefix_tunings.sst-2.wte.weight': [30, 64],
        'bert.prefix_tuning.prefix_tunings.sst-2.control_trans.0.weight': [512, 64],
        'bert.prefix_tuning.prefix_tunings.sst-2.control_trans.0.bias': [512],
        'heads.sst-2.1.weight': [64, 64],
      },
      {
        config: { non_linearity: 'swish', reduction_factor: 16, is_parallel: true, scaling: 4.0, r: 8, alpha: 8 },
        model_type: 'bert',
      },
    );
    assert.deepEqual([layout, method, unexplained], ['AdapterHub', 'BOTTLENECK', []]);
    assert.equal(bottlenecks.length, 2);
    assert.deepEqual(bottlenecks[0], {
      module: 'bert.encoder.layer.0.output',
      dModel: 64,
      bottleneckDim: 4,
      wDown: `${at}.adapter_down.0.weight`,
      wUp: `${at}.adapter_up.weight`,
      transposed: true,
      downBias: `${at}.adapter_down.0.bias`,
      upBias: `${at}.adapter_up.bias`,
      nonLinearity: 'swish',
      placement: 'parallel to the feed-forward block, scaled by 4',
    });
    assert.match(bottlenecks[1]!.wDown, /adapter_down\.1\.weight$/);
    assert.ok(adapters!.some(({ method: own }) => own === 'PREFIX_TUNING'));
  });
});
