import { strict as assert } from 'node:assert';
import { BASE_CONFIG, openModel, evaluateModel, seededRandom, Tensor } from '../../../src/library';
import { freshBase } from '../../../src/lab/baseModel';
import { answerTo, exactMatch } from '../../../src/lab/exactMatch';
import { testLines } from '../../../src/lab/labData';
import { LabRun } from '../../../src/lab/labRun';
import type { LabRunOptions } from '../../../src/lab/labRun';
import { trainingData } from '../../../src/lab/line';
import { LAB_METHODS } from '../../../src/lab/methods';
import { labTask } from '../../../src/lab/tasks';
import { ModelTrainer } from '../../../src/model/trainModel';
import { PrefixGenerator } from '../../../src/model/prefixGenerator';
import { PrefixMLP } from '../../../src/peft/prefixMlp';
import { assertClose, dot } from '../peft/closeness';

const base = freshBase(seededRandom(3));
const short: Omit<LabRunOptions, 'method'> = { base, task: 'code1', steps: 6, batchSize: 4, poolSize: 200 };
const METHODS = LAB_METHODS.map(({ name }) => name);

function run(options: Partial<LabRunOptions> & { readonly method: string }): LabRun {
  const made = new LabRun({ ...short, ...options });
  made.advance(100);
  return made;
}

describe('a run of the lab', () => {
  for (const method of METHODS) {
    it(`with ${method} repeats to the last bit, and its adapters hold what was trained`, () => {
      const [first, second] = [run({ method }), run({ method })];
      assert.equal(first.losses.length, 6);
      assert.deepEqual(first.losses, second.losses);
      assert.deepEqual(first.tensors(), second.tensors());
      const other = run({ method, seed: 1 });
      assert.notDeepEqual(first.losses, other.losses);

      const saved = first.saved();
      const trained = Object.values(first.tensors()).reduce((sum, { size }) => sum + size, 0);
      assert.equal(trained, first.plan.kept);
      if (saved.length === 1 && first.plan.method.precision === undefined) {
        const [{ config, tensors }] = saved as [(typeof saved)[0]];
        const data = trainingData(testLines(labTask('code1').draw).slice(0, 1));
        const adapted = { config: BASE_CONFIG, tensors: base, adapterConfig: config, adapterTensors: tensors };
        const trainer = new ModelTrainer(openModel(adapted, null));
        assertClose(
          'loss',
          [trainer.model.lossOf(trainer.batch(data))],
          [evaluateModel({ ...adapted, ...data }).loss],
          1e-6,
          1e-6,
        );
        assertClose('loss of all tests', [lossOfTests(adapted)], [first.testLoss()], 1e-6, 1e-6);
        trainer.dispose();
      }
      for (const each of [first, second, other]) each.dispose();
    });
  }

  function lossOfTests(adapted: Parameters<typeof openModel>[0]): number {
    const trainer = new ModelTrainer(openModel(adapted, null));
    const loss = trainer.model.lossOf(trainer.batch(trainingData(testLines(labTask('code1').draw))));
    trainer.dispose();
    return loss;
  }

  it('can be paused, looked at and resumed without a difference', () => {
    const whole = run({ method: 'lora-qv' });
    const paused = new LabRun({ ...short, method: 'lora-qv' });
    for (let i = 0; i < 6; i++) {
      paused.advance();
      paused.evaluate(i === 3);
      paused.answer('codeA abc');
    }
    assert.deepEqual(paused.losses, whole.losses);
    assert.deepEqual(paused.tensors(), whole.tensors());
    assert.deepEqual(
      paused.evaluations.map(({ step }) => step),
      [1, 2, 3, 4, 5, 6],
    );
    assert.equal(Object.keys(paused.evaluations[3]!.old!.families).length, 11);
    assert.ok(paused.isDone);
    for (const each of [whole, paused]) each.dispose();
  });

  it('starts with a gradient of B only, because B is zero', () => {
    const lora = new LabRun({ ...short, method: 'lora-qv' });
    lora.advance();
    for (const [name, { data }] of Object.entries(lora.gradients())) {
      const size = Math.sqrt(dot(data, data));
      assert.equal(size === 0, name.includes('lora_A'), `${name} has a gradient of ${size}`);
    }
    lora.dispose();
  });

  it('mixes in lines of the base, and starts a prompt from words', () => {
    const replayed = run({ method: 'lora-qv', replay: 0.5 });
    const alone = run({ method: 'lora-qv' });
    assert.notDeepEqual(replayed.losses, alone.losses);
    const prompt = new LabRun({ ...short, method: 'prompt', sizes: { virtualTokens: 3 }, promptText: 'sort reverse' });
    const embedding = base['model.embed_tokens.weight']!.data;
    const [sort, reverse] = [6, 5].map((id) => [...embedding.subarray(id * 64, (id + 1) * 64)]);
    assert.deepEqual([...prompt.tensors()['prompt_embeddings']!.data], [...sort!, ...reverse!, ...sort!]);
    for (const each of [replayed, alone, prompt]) each.dispose();
  });

  it('stops when the loss is no longer finite', () => {
    const diverging = new LabRun({ ...short, method: 'full', learningRate: 1e30, steps: 50 });
    diverging.advance(50);
    assert.ok(diverging.hasDiverged && diverging.step < 50, `${diverging.step} steps`);
    diverging.dispose();
  });

  it('refuses settings outside their domain', () => {
    const refused: [Partial<LabRunOptions>, RegExp][] = [
      [{ replay: 2 }, /replay: expected a number from 0 to 1, got 2/],
      [{ steps: 0 }, /steps: expected a positive integer, got 0/],
      [{ batchSize: 1.5 }, /batchSize: expected a positive integer, got 1.5/],
      [{ learningRate: NaN }, /learningRate: expected a finite number, got NaN/],
      [{ promptText: 'xyz' }, /expected a word that it contains/],
    ];
    for (const [options, message] of refused)
      assert.throws(() => new LabRun({ ...short, method: 'prompt', ...options }), message);
  });
});

describe('exact match', () => {
  const trainer = new ModelTrainer(openModel({ config: BASE_CONFIG, tensors: base }, null), { learningRate: 3e-3 });
  const lines = testLines(labTask('code1').draw, 12);
  const half = lines.slice(0, 6);

  it('is the share of lines that greedy decoding answers', () => {
    // Trained on some lines until it knows them, the model has lines that it answers and lines that it does not.
    for (let i = 0; i < 150; i++) trainer.step(trainer.batch(trainingData(half)));
    const answered = lines.filter((line) => {
      const { answer } = line;
      return answerTo(trainer, line).join(' ') === answer.join(' ');
    });
    assert.equal(exactMatch(trainer, lines), answered.length / lines.length);
    assert.equal(exactMatch(trainer, half), 1);
    assert.ok(answered.length < lines.length);
  });
});

describe('the generator of a prefix', () => {
  it('has the gradient that differences along a direction show', () => {
    const random = seededRandom(4);
    const shape = [3, 3 * 2 * 64];
    const prefix = { prompt_embeddings: Tensor.randn(shape, random) };
    const adapterConfig = { peft_type: 'PREFIX_TUNING', num_virtual_tokens: 3 };
    const opened = openModel({ config: BASE_CONFIG, tensors: base, adapterConfig, adapterTensors: prefix }, null);
    const mlp = new PrefixMLP({ numLayers: 3, numHeads: 4, dHead: 16, prefixLength: 3, hiddenDim: 8, random });
    const generator = new PrefixGenerator(mlp, opened.parameters[0]!);
    const trainer = new ModelTrainer(opened, { learningRate: 0 }, generator);
    const batch = trainer.batch(trainingData(testLines(labTask('code1').draw, 4)));
    trainer.step(batch);
    for (const [name, value, grad] of [
      ['w1', mlp.w1, mlp.gradW1],
      ['b2', mlp.b2, mlp.gradB2],
    ] as const) {
      const gradient = grad!.data.slice();
      const direction = Tensor.randn(value.shape, random).data;
      const at = (step: number): number => {
        const before = value.data.slice();
        for (let i = 0; i < value.size; i++) value.data[i] = before[i]! + step * direction[i]!;
        generator.generate();
        const loss = trainer.model.lossOf(batch);
        value.data.set(before);
        return loss;
      };
      const slope = (at(1e-2) - at(-1e-2)) / 2e-2;
      assertClose(name, [dot(gradient, direction)], [slope], 2e-2, 1e-2 * Math.sqrt(dot(gradient, gradient)));
    }
    trainer.dispose();
  });
});
