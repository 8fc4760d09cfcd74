import { strict as assert } from 'node:assert';
import { Adam } from '../../../src/peft/adam';
import { LoRALayer } from '../../../src/peft/lora';
import { meanSquaredError } from '../../../src/peft/loss';
import { trainLora } from '../../../src/peft/training';
import { recordedSteps } from '../../../src/peft/trainingRecord';
import { ArgumentError, ShapeError } from '../../../src/tensor/errors';
import { matmul } from '../../../src/tensor/matmul';
import { seededRandom } from '../../../src/tensor/random';
import { Tensor } from '../../../src/tensor/tensor';
import { assertClose, numericalGradient } from './closeness';

const setup = () => {
  const random = seededRandom(4);
  const layer = new LoRALayer({ inFeatures: 12, outFeatures: 10, rank: 3, random });
  const targetDelta = matmul(Tensor.randn([10, 2], random, 0.3), Tensor.randn([2, 12], random, 0.3));
  return { layer, weight: Tensor.randn([10, 12], random), targetDelta, batch: () => Tensor.randn([16, 12], random) };
};

describe('Adam', () => {
  it('takes the steps of its definition', () => {
    const adam = new Adam({ learningRate: 0.1 });
    const parameter = Tensor.fromArray([1, 2], [2]);
    adam.update(parameter, Tensor.fromArray([0.5, -3], [2]));
    assertClose('first step: the learning rate against the sign', parameter.data, [0.9, 2.1]);
    adam.update(parameter, Tensor.fromArray([0, -3], [2]));
    const first = (0.9 * 0.05) / (1 - 0.81);
    const second = (0.999 * 0.00025) / (1 - 0.998001);
    assertClose('second step', parameter.data, [0.9 - (0.1 * first) / Math.sqrt(second), 2.2]);
  });

  it('keeps separate moments for each parameter', () => {
    const adam = new Adam({ learningRate: 0.1 });
    const [a, b] = [Tensor.zeros([1]), Tensor.zeros([1])];
    adam.update(a, Tensor.fromArray([1], [1]));
    adam.update(b, Tensor.fromArray([-1], [1]));
    assertClose('both took a first step', [a.data[0]!, b.data[0]!], [-0.1, 0.1]);
  });

  it('refuses invalid settings and gradients of another shape', () => {
    assert.throws(() => new Adam({ beta1: 1 }), ArgumentError);
    assert.throws(() => new Adam({ learningRate: NaN }), ArgumentError);
    assert.throws(() => new Adam().update(Tensor.zeros([2]), Tensor.zeros([3])), ShapeError);
  });
});

describe('mean squared error', () => {
  it('is the mean of the squares, and its gradient agrees with finite differences', () => {
    const [output, target] = [Tensor.fromArray([1, 2, 3, 5], [2, 2]), Tensor.fromArray([1, 1, 5, 2], [2, 2])];
    const { value, gradOutput } = meanSquaredError(output, target);
    assert.equal(value, (0 + 1 + 4 + 9) / 4);
    const values = new Float64Array(output.data);
    const loss = (): number => values.reduce((sum, v, i) => sum + (v - target.data[i]!) ** 2, 0) / 4;
    assertClose('gradient', gradOutput.data, numericalGradient(values, loss));
  });
});

describe('training a LoRA layer', () => {
  it('recovers a planted change of lower rank', async () => {
    const { layer, weight, targetDelta, batch } = setup();
    const { losses } = await trainLora({ layer, weight, targetDelta, batch, steps: 800 });
    assert.ok(losses[800]! < 1e-4 * losses[0]!, `loss ${losses[0]} to ${losses[800]}`);
    assertClose('scaling·B·A', layer.deltaWeight().data, targetDelta.data, 0, 0.01);
  });

  it('records every early step and fewer later ones, from the untrained layer to the trained one', async () => {
    const { layer, weight, targetDelta, batch } = setup();
    const { snapshots, losses } = await trainLora({ layer, weight, targetDelta, batch, steps: 100 });
    assert.deepEqual(
      snapshots.map(({ step }) => step),
      recordedSteps(100),
    );
    assert.equal(losses.length, 101);
    assert.ok(snapshots[0]!.B.data.every((value) => value === 0));
    assert.ok(snapshots[0]!.gradA.data.every((value) => value === 0));
    assert.ok(snapshots[1]!.B.data.every((value) => value !== 0));
    assert.deepEqual(snapshots.at(-1)!.A.data, layer.A.data);
    assert.notEqual(snapshots.at(-1)!.A, layer.A);
  });

  it('keeps about sixty distinct steps of a run of any length, including the first and the last', () => {
    for (const steps of [0, 1, 7, 60, 300, 5000]) {
      const recorded = recordedSteps(steps);
      assert.equal(recorded[0], 0);
      assert.equal(recorded.at(-1), steps);
      assert.ok(recorded.length <= 61 && recorded.length >= Math.min(steps + 1, 50), `${recorded.length} of ${steps}`);
      recorded.forEach((step, i) => assert.ok(i === 0 || step > recorded[i - 1]!));
    }
    assert.deepEqual(recordedSteps(300).slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const steps of [-1, 0.5, NaN, 1e9]) assert.throws(() => recordedSteps(steps), ArgumentError);
  });

  it('evaluates the layer without changing it if there are no steps', async () => {
    const { layer, weight, targetDelta, batch } = setup();
    const before = layer.A.clone();
    const { snapshots } = await trainLora({ layer, weight, targetDelta, batch, steps: 0 });
    assert.equal(snapshots.length, 1);
    assert.deepEqual(layer.A.data, before.data);
  });

  it('reports each step, and stops with the reason of the abort', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const reason = new Error('enough');
    const run = trainLora({
      ...setup(),
      signal: controller.signal,
      onStep: (step) => {
        seen.push(step);
        if (step === 5) controller.abort(reason);
      },
    });
    await assert.rejects(run, reason);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  });

  it('lets other work run between steps', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await trainLora({ ...setup(), steps: 200 });
    clearInterval(timer);
    assert.ok(turns > 10, `${turns} turns`);
  });
});
