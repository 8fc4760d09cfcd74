import { strict as assert } from 'node:assert';
import { describeShapes } from '../describeFile';

const PREFIX = 'base_model.model.model.';
const LORA = { peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: ['q_proj'] };
const PAIR = {
  [`${PREFIX}layers.0.q_proj.lora_A.weight`]: [4, 32],
  [`${PREFIX}layers.0.q_proj.lora_B.weight`]: [32, 4],
};
const faults = (shapes: Record<string, readonly number[]>, config: object | null) =>
  describeShapes(shapes, config).problems.filter(({ severity }) => severity !== 'info');
const sizes = (shapes: Record<string, readonly number[]>, config: object | null = null, loraAlpha?: number) =>
  describeShapes(shapes, config, {}, [], loraAlpha).lora.map(({ rank, inFeatures, outFeatures, scaling }) => [
    rank,
    inFeatures,
    outFeatures,
    scaling,
  ]);

describe('a pair in lower case', () => {
  it("is (rank, in) with '.weight', as torchtune saves it, even if A and B together are square", () => {
    assert.deepEqual(sizes({ 'q.lora_a.weight': [4, 32], 'q.lora_b.weight': [16, 4] }), [[4, 32, 16, 1]]);
    assert.deepEqual(sizes({ 'q.lora_a.weight': [4, 32], 'q.lora_b.weight': [32, 4] }), [[4, 32, 32, 1]]);
  });

  it('is (in, rank) without, as MLX saves it, unless only the other way gives a rank', () => {
    assert.deepEqual(sizes({ 'q.lora_a': [32, 4], 'q.lora_b': [4, 32] }), [[4, 32, 32, 1]]);
    assert.deepEqual(sizes({ 'q.lora_a': [4, 32], 'q.lora_b': [16, 4] }), [[4, 32, 16, 1]]);
  });

  it("is mlx-vlm's if it is called A and B and has a common rank, with alpha / rank of the config", () => {
    const shapes = { 'language_model.q.A': [32, 4], 'language_model.q.B': [4, 64] };
    assert.deepEqual(sizes(shapes, { rank: 4, alpha: 0.1 }), [[4, 32, 64, 0.025]]);
    const { method, problems } = describeShapes({ 'ssm.A': [16, 16], 'ssm.B': [8, 16] });
    assert.deepEqual([method, problems], [null, []]);
  });
});

describe('the names of other trainers', () => {
  it('are those of NeMo', () => {
    const shapes = { 'l.0.qkv.adapter.linear_in.weight': [4, 32], 'l.0.qkv.adapter.linear_out.weight': [48, 4] };
    const { layout, lora } = describeShapes(shapes);
    assert.deepEqual([layout, lora.map(({ module }) => module)], ['NeMo', ['l.0.qkv']]);
    assert.deepEqual(sizes(shapes), [[4, 32, 48, 1]]);
  });

  it("are ktransformers' stacks of experts, one product for each expert", () => {
    const shapes = { 'l.0.mlp.experts.gate_lora_a': [2, 4, 32], 'l.0.mlp.experts.gate_lora_b': [2, 24, 4] };
    const { lora } = describeShapes(shapes);
    assert.deepEqual(
      lora.map(({ module }) => module),
      ['l.0.mlp.experts.gate_proj[0]', 'l.0.mlp.experts.gate_proj[1]'],
    );
  });

  it('are guessed if the tensors look like low-rank pairs, with a warning if there is a config', () => {
    const shapes = { 'l.0.q.left.weight': [64, 4], 'l.0.q.right.weight': [4, 32] };
    const [problem] = faults(shapes, { rank: 4 });
    assert.match(problem!.message, /look like low-rank factors.*rank 4/);
    assert.deepEqual(faults(shapes, null), []);
    assert.match(faults({ 'l.0.q.weight': [64, 32] }, { rank: 4 })[0]!.message, /none of its tensors/);
  });
});

describe('LoRA of fused experts in a GGUF file', () => {
  it('is one product for each expert, whose rank is the middle dimension', () => {
    const shapes = {
      'blk.0.ffn_down_exps.weight.lora_a': [4, 8, 48],
      'blk.0.ffn_down_exps.weight.lora_b': [4, 64, 8],
    };
    assert.deepEqual(sizes(shapes, null, 16), Array(4).fill([8, 48, 64, 2]));
    assert.deepEqual(faults(shapes, null), []);
  });
});

describe('tensors that a format puts into an adapter on purpose', () => {
  it('are norms in a GGUF file and bundled embeddings in one of kohya', () => {
    const gguf = { 'blk.0.q.weight.lora_a': [4, 32], 'blk.0.q.weight.lora_b': [32, 4], 'blk.0.attn_norm.weight': [32] };
    const kohya = {
      'lora_unet_q.lora_down.weight': [4, 32],
      'lora_unet_q.lora_up.weight': [64, 4],
      'bundle_emb.tok.string_to_param.*': [2, 768],
    };
    for (const shapes of [gguf, kohya]) {
      const { unexplained } = describeShapes(shapes);
      assert.deepEqual([unexplained, faults(shapes, null)], [[], []]);
    }
  });
});

describe('shapes that PEFT refuses', () => {
  it('are empty tensors, which DeepSpeed ZeRO-3 saves', () => {
    const [problem] = faults(
      { ...PAIR, 'base_model.model.lm_head.weight': [0] },
      { ...LORA, modules_to_save: ['lm_head'] },
    );
    assert.equal(problem!.severity, 'error');
    assert.match(problem!.message, /'base_model.model.lm_head.weight'.*nothing of it was saved/);
  });

  it("are rows of retrained tokens that do not fit the config's indices", () => {
    const shapes = { ...PAIR, [`${PREFIX}embed_tokens.token_adapter.trainable_tokens_delta`]: [3, 32] };
    const said = (tokens: unknown) => ({ ...LORA, trainable_token_indices: tokens });
    assert.deepEqual(faults(shapes, said({ embed_tokens: [1, 2, 3] })), []);
    assert.deepEqual(faults(shapes, said([7, 8, 9])), []);
    assert.match(faults(shapes, said({ embed_tokens: [1, 2, 3, 4] }))[0]!.message, /has 3 rows.*lists 4 tokens/);
    assert.match(faults(shapes, LORA)[0]!.message, /has no trainable_token_indices/);
  });
});

describe('a whole model with its adapter in it', () => {
  it('is one problem, and none of its tensors is unexplained', () => {
    const shapes = {
      'model.layers.0.q_proj.base_layer.weight': [32, 32],
      'model.layers.0.q_proj.lora_A.default.weight': [4, 32],
      'model.layers.0.q_proj.lora_B.default.weight': [32, 4],
      'model.layers.0.mlp.down_proj.weight': [32, 48],
      'model.embed_tokens.weight': [64, 32],
    };
    const [problem, ...more] = faults(shapes, null);
    assert.match(problem!.message, /whole model saved with its adapter in it, not merged/);
    assert.deepEqual([more, describeShapes(shapes).unexplained], [[], []]);
  });

  it('is not an adapter with the embedding that PEFT saves beside it', () => {
    const shapes = {
      ...PAIR,
      [`${PREFIX}embed_tokens.lora_embedding_A`]: [4, 64],
      [`${PREFIX}embed_tokens.lora_embedding_B`]: [32, 4],
      [`${PREFIX}embed_tokens.base_layer.weight`]: [64, 32],
      [`${PREFIX}norm.weight`]: [32],
    };
    assert.deepEqual(faults(shapes, { ...LORA, modules_to_save: ['norm'] }), []);
  });
});

describe('LoRA on fused experts', () => {
  const config = {
    ...LORA,
    r: 2,
    target_modules: [],
    target_parameters: ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'],
  };
  const experts = `${PREFIX}layers.0.mlp.experts`;
  const shapes = (into: readonly [number, number], outOf: readonly [number, number]) => ({
    [`${experts}.base_layer.lora_A.weight`]: [4, into[0]],
    [`${experts}.base_layer.lora_B.weight`]: [into[1], 4],
    [`${experts}.lora_A.weight`]: [4, outOf[0]],
    [`${experts}.lora_B.weight`]: [outOf[1], 4],
  });
  const features = (described: ReturnType<typeof describeShapes>) =>
    described.lora.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures]);

  it('has the axes of PEFT before 0.19 if only they fit, and is shown in the orientation of the base', () => {
    const before = describeShapes(shapes([6, 8], [8, 3]), { ...config, peft_version: '0.18.1' });
    const since = describeShapes(shapes([8, 6], [3, 8]), { ...config, peft_version: '0.21.0' });
    assert.deepEqual(features(before), features(since));
    assert.match(before.problems[0]!.message, /layout of PEFT before 0\.19.*size mismatch/);
    assert.deepEqual(since.problems, []);
  });

  it("has the axes that the config's version gives it if the shapes fit both layouts", () => {
    const square = { [`${experts}.lora_A.weight`]: [4, 8], [`${experts}.lora_B.weight`]: [8, 4] };
    const only = { ...config, target_parameters: ['mlp.experts.gate_up_proj'] };
    const problems = (version: object) => describeShapes(square, { ...only, ...version }).problems;
    assert.match(problems({ peft_version: '0.18.0' })[0]!.message, /loads them transposed/);
    assert.deepEqual(problems({ peft_version: '0.19.1' }), []);
    assert.match(problems({})[0]!.message, /has no peft_version/);
    assert.deepEqual(problems({ peft_version: '0.18.0', base_model_name_or_path: 'openai/gpt-oss-20b' }), []);
  });
});
