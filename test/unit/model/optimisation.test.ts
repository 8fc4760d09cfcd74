import { strict as assert } from 'node:assert';
import { Adam, Tensor } from '../../../src/library';
import { clipGradients } from '../../../src/model/gradientClipping';
import { cosineSchedule } from '../../../src/model/learningRateSchedule';
import { assertClose } from '../peft/closeness';

/** The figures of PyTorch 2 for ten updates of two parameters with gradients that depend on the step. */
const TORCH = {
  norms: [
    ...[5.102940559387207, 5.029910087585449, 5.2038445472717285, 5.601785182952881, 6.180614948272705],
    ...[6.894926071166992, 7.707139492034912, 8.58952808380127, 9.522603988647461, 10.492855072021484],
  ],
  learningRates: [
    ...[0.05, 0.1, 0.1, 0.09638427779428613, 0.08608757210636102, 0.07067746303734178],
    ...[0.052500000000000005, 0.03432253696265824, 0.018912427893638995, 0.008615722205713881],
  ],
  lastGradient: [0.2859088182449341, -0.3812117576599121, 0.4288632273674011, -0.7624235153198242],
  first: [-0.11041562259197235, -0.3865050673484802, 1.4938280582427979, 0.4006879925727844],
  second: [0.49998679757118225, 0.11041553318500519],
};

function gradients(step: number): readonly [Tensor, Tensor] {
  return [Tensor.fromArray([3, -4, 0.5 * step, 1 - step], [4]), Tensor.fromArray([0.1 * step, -0.2], [2])];
}

describe('the optimisation of language models', () => {
  const schedule = cosineSchedule({ steps: 10, warmup: 0.2, floor: 0.05 });

  it('clips, warms up and decays as PyTorch does', () => {
    const adam = new Adam({ learningRate: 0.1, beta2: 0.98, weightDecay: 0.01 });
    const first = Tensor.fromArray([0.5, -1, 2, 0.25], [4]);
    const second = Tensor.fromArray([1, -0.5], [2]);
    for (let step = 0; step < 10; step++) {
      const [a, b] = gradients(step);
      assertClose(`norm of step ${step}`, [clipGradients([a, b], 1)], [TORCH.norms[step]!], 1e-6, 1e-6);
      const rate = 0.1 * schedule(step);
      assertClose(`learning rate of step ${step}`, [rate], [TORCH.learningRates[step]!], 1e-12, 1e-12);
      adam.update(first, a, rate);
      adam.update(second, b, rate);
      if (step === 9) assertClose('last gradient', a.data, TORCH.lastGradient, 1e-6, 1e-6);
    }
    assertClose('first parameter', first.data, TORCH.first, 1e-5, 1e-6);
    assertClose('second parameter', second.data, TORCH.second, 1e-5, 1e-6);
  });

  it('leaves gradients as they are whose norm is within the limit', () => {
    const gradient = Tensor.fromArray([0.3, -0.4, 0], [3]);
    assertClose('norm', [clipGradients([gradient, Tensor.fromArray([0.1], [1])], 1)], [0.5099019], 1e-6, 1e-6);
    assert.deepEqual([...gradient.data], [0.3, -0.4, 0].map(Math.fround));
  });

  it('keeps the last factor after the last step, and starts at once without warm-up', () => {
    assert.ok(Math.abs(schedule(1000) - 0.05) < 1e-12);
    assert.equal(cosineSchedule({ steps: 10, warmup: 0 })(0), 1);
  });

  it('refuses a schedule without steps or with parts outside 0 to 1', () => {
    assert.throws(() => cosineSchedule({ steps: 0, warmup: 0 }), /steps: expected a positive integer, got 0/);
    assert.throws(() => cosineSchedule({ steps: 10, warmup: 2 }), /warmup: expected a number from 0 to 1, got 2/);
    assert.throws(() => cosineSchedule({ steps: 10, warmup: 0, floor: NaN }), /floor: expected a number/);
  });
});
