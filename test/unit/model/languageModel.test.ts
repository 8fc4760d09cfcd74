import { strict as assert } from 'node:assert';
import { evaluateModel, ModelTrainer, openModel, seededRandom, Tensor, trainModel } from '../../../src/library';
import type { ModelOptions } from '../../../src/library';
import { assertClose, dot } from '../peft/closeness';
import { decodedAll, readFamilies } from './readFixtures';

const [llama] = readFamilies();
const { config, tokens, labels } = llama!;
const tensors = decodedAll(llama!.tensors);
const common = { config, tensors, tokens, labels };
const random = seededRandom(5);
const lora = llama!.cases[0]!;
const withLora = { ...common, adapterConfig: lora.adapterConfig, adapterTensors: decodedAll(lora.adapterTensors) };

/** A bottleneck adapter behind both sublayers of layer 1, as AdapterHub names its tensors. */
function bottleneck(): Record<string, Tensor> {
  const entries = ['attention', 'output'].flatMap((place) => {
    const path = `layers.1.${place}_adapters.adapters.task`;
    return [
      [`${path}.adapter_down.0.weight`, Tensor.randn([3, 16], random, 0.3)],
      [`${path}.adapter_down.0.bias`, Tensor.randn([3], random, 0.3)],
      [`${path}.adapter_up.weight`, Tensor.randn([16, 3], random, 0.3)],
      [`${path}.adapter_up.bias`, Tensor.randn([16], random, 0.3)],
    ] as const;
  });
  return Object.fromEntries(entries);
}

describe('a bottleneck adapter in a language model', () => {
  const settings = {
    'in series, behind the sublayer': { non_linearity: 'swish', original_ln_before: false, residual_before_ln: true },
    'in series, behind the residual sum': { non_linearity: 'gelu', original_ln_before: true, residual_before_ln: true },
    'in series, with what it reads as inner residual': { non_linearity: 'swish', residual_before_ln: false },
    'in parallel': { non_linearity: 'swish', is_parallel: true, scaling: 4 },
  };
  for (const [name, own] of Object.entries(settings)) {
    it(`${name}, has the gradient that differences along a direction show`, () => {
      const adapterTensors = bottleneck();
      const adapted = { ...common, adapterConfig: { config: own }, adapterTensors };
      const { gradients } = evaluateModel(adapted);
      assert.deepEqual(Object.keys(gradients).sort(), Object.keys(adapterTensors).sort());
      for (const [key, gradient] of Object.entries(gradients)) {
        const direction = Tensor.randn(gradient.shape, random);
        const at = (step: number): number => {
          const moved = adapterTensors[key]!.clone();
          for (let i = 0; i < moved.size; i++) moved.data[i] = moved.data[i]! + step * direction.data[i]!;
          return evaluateModel({ ...adapted, adapterTensors: { ...adapterTensors, [key]: moved } }).loss;
        };
        const slope = (at(1e-2) - at(-1e-2)) / 2e-2;
        const size = Math.sqrt(dot(gradient.data, gradient.data));
        assertClose(key, [dot(gradient.data, direction.data)], [slope], 1e-2, 1e-2 * size);
      }
    });
  }

  it('computes nothing but the plain model with an up projection of zeros', () => {
    const adapterTensors = bottleneck();
    for (const [name, tensor] of Object.entries(adapterTensors)) if (name.includes('_up')) tensor.data.fill(0);
    for (const config of ['double_seq_bn', 'seq_bn', 'par_bn']) {
      const { loss } = evaluateModel({ ...common, adapterConfig: { config }, adapterTensors });
      assertClose(config, [loss], [llama!.loss], 1e-6, 1e-6);
    }
  });

  it('refuses options that it does not compute', () => {
    const adapted = { ...common, adapterConfig: { config: { ln_before: true } }, adapterTensors: bottleneck() };
    assert.throws(() => evaluateModel(adapted), /'ln_before' is not implemented/);
  });
});

describe('training a language model', () => {
  it('computes the gradients of an evaluation, without the rows that cannot affect the loss', () => {
    const whole = evaluateModel(withLora);
    const trainer = new ModelTrainer(openModel(withLora, null), { learningRate: 0 });
    const batch = trainer.batch(common);
    assert.ok(batch.rows < tokens.length * tokens[0]!.length, 'the batch is trimmed');
    assertClose('loss', [trainer.step(batch)], [whole.loss], 1e-6, 1e-6);
    for (const { name, grad } of trainer.model.trained) {
      assertClose(name, grad!.data, whole.gradients[name]!.data, 1e-4, 1e-6);
    }
    trainer.dispose();
  });

  it('takes the same memory in every step', () => {
    const trainer = new ModelTrainer(openModel(withLora, null));
    const batch = trainer.batch(common);
    trainer.step(batch);
    const { stepValues } = trainer.model.workspace;
    for (let i = 0; i < 5; i++) trainer.step(batch);
    assert.equal(trainer.model.workspace.stepValues, stepValues);
    trainer.dispose();
  });

  it('takes sequences of different lengths', () => {
    const uneven = { tokens: [tokens[0]!, tokens[1]!.slice(0, 4)], labels: [labels[0]!, labels[1]!.slice(0, 4)] };
    const alone = (i: number): number =>
      evaluateModel({ ...common, tokens: [uneven.tokens[i]!], labels: [uneven.labels[i]!] }).loss;
    const counts = uneven.labels.map((sequence) => sequence.slice(1).filter((label) => label !== -100).length);
    const mean = (counts[0]! * alone(0) + counts[1]! * alone(1)) / (counts[0]! + counts[1]!);
    assertClose('loss', trainModel({ ...common, ...uneven, steps: 1 }).losses, [mean], 1e-5, 0);
    assert.throws(() => evaluateModel({ ...common, ...uneven }), /sequences of 7 tokens, got 4/);
  });

  it('drops inputs of the LoRA path during training alone', () => {
    const adapterConfig = { ...lora.adapterConfig, lora_dropout: 0.5 };
    const dropping = { ...withLora, adapterConfig };
    assert.equal(evaluateModel(dropping).loss, evaluateModel(withLora).loss);
    const [first] = trainModel({ ...dropping, steps: 1 }).losses;
    assert.notEqual(first, trainModel({ ...withLora, steps: 1 }).losses[0]);
    assert.equal(first, trainModel({ ...dropping, steps: 1 }).losses[0], 'the default source has a fixed seed');
  });

  it('leaves the tensors that it is given as they are', () => {
    const before = [...tensors['model.embed_tokens.weight']!.data];
    trainModel({ ...common, steps: 2, learningRate: 0.1 });
    assert.deepEqual([...tensors['model.embed_tokens.weight']!.data], before);
  });
});

describe('a language model refuses', () => {
  const refuse = (change: Partial<ModelOptions>, message: RegExp): void =>
    assert.throws(() => evaluateModel({ ...withLora, ...change }), message);

  it('a tensor that is missing, has another shape, or belongs nowhere', () => {
    const { 'model.norm.weight': norm, ...others } = tensors;
    refuse({ tensors: others }, /model tensor model\.norm\.weight: expected a tensor, got none/);
    refuse({ tensors: { ...others, 'model.norm.weight': Tensor.zeros([3]) } }, /expected shape \(16,\), got \(3,\)/);
    const stray = { ...withLora.adapterTensors, 'base_model.model.model.layers.7.mlp.up_proj.lora_A.weight': norm! };
    refuse({ adapterTensors: stray }, /layers\.7.*a tensor of a module of the model/);
  });

  it('a factor without its partner', () => {
    const { adapterTensors } = withLora;
    const without = Object.fromEntries(Object.entries(adapterTensors).filter(([name]) => !name.includes('lora_B')));
    refuse({ adapterTensors: without }, /adapter tensor .*lora_B: expected a tensor, got none/);
  });

  it('methods, variants, families and positions that it does not compute', () => {
    refuse({ adapterConfig: { peft_type: 'VERA' } }, /cannot run peft_type 'VERA', only LORA, IA3/);
    refuse({ adapterConfig: { ...lora.adapterConfig, use_qalora: true } }, /'use_qalora' is not implemented/);
    refuse(
      { adapterConfig: { ...lora.adapterConfig, init_lora_weights: 'corda' } },
      /'corda' changes the base weights/,
    );
    refuse({ config: { ...config, model_type: 'gpt2' } }, /model_type.*one of llama, mistral, qwen2, qwen3/);
    refuse({ config: { ...config, rope_parameters: { rope_type: 'spiral' } } }, /rope_type.*one of default, linear/);
    refuse({ config: { ...config, hidden_act: 'mish' } }, /hidden_act/);
  });

  it('tokens outside the vocabulary and labels of another length', () => {
    assert.throws(() => evaluateModel({ ...common, tokens: [[1, 99]], labels: [[1, 2]] }), /token ids from 0 to 23/);
    assert.throws(
      () => evaluateModel({ ...common, tokens: [[1, 2]], labels: [[1]] }),
      /labels\[0\]: expected 2 labels/,
    );
  });
});
