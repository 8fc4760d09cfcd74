import { strict as assert } from 'node:assert';
import { LabRun, seededRandom } from '../../../src/library';
import { freshBase } from '../../../src/lab/baseModel';
import { mergedBase } from '../../../src/lab/mergedBase';
import { assertClose } from '../peft/closeness';

const base = freshBase(seededRandom(3));
const options = { base, task: 'code1', steps: 6, batchSize: 4, poolSize: 200 };

function trained(method: string): LabRun {
  const run = new LabRun({ ...options, method });
  run.advance(run.steps);
  return run;
}

/** The loss on the tests of a base that nothing adapts. */
function lossOf(weights: typeof base): number {
  const run = new LabRun({ ...options, base: weights, method: 'full' });
  const loss = run.testLoss();
  run.dispose();
  return loss;
}

describe('changes that are added to the base', () => {
  for (const method of ['lora-qv', 'rslora-qv', 'lora-all']) {
    it(`give the loss of the attached adapter, with ${method}`, () => {
      const run = trained(method);
      const [{ config, tensors }] = run.saved() as [ReturnType<LabRun['saved']>[0]];
      const expected = run.testLoss();
      assert.ok(Math.abs(expected - lossOf(base)) > 1e-3, 'the adapter changes the loss');
      assertClose(method, [lossOf(mergedBase(base, [{ config, tensors, factor: 1 }]))], [expected], 1e-5, 1e-5);
      const undone = mergedBase(base, [
        { config, tensors, factor: 1 },
        { config, tensors, factor: -1 },
      ]);
      for (const [name, { data }] of Object.entries(undone)) assertClose(name, data, base[name]!.data, 1e-6, 1e-6);
      run.dispose();
    });
  }

  it('are the weights of full fine-tuning itself, or halfway to them', () => {
    const run = trained('full');
    const tensors = run.tensors();
    const half = mergedBase(base, [{ config: null, tensors, factor: 0.5 }]);
    for (const [name, { data }] of Object.entries(half)) {
      const middle = data.map((_, i) => (base[name]!.data[i]! + tensors[name]!.data[i]!) / 2);
      assertClose(name, data, middle, 1e-6, 1e-6);
    }
    run.dispose();
  });

  it('cannot be those of DoRA or of a prompt', () => {
    for (const method of ['dora-qv', 'prompt']) {
      const run = trained(method);
      const [{ config, tensors }] = run.saved() as [ReturnType<LabRun['saved']>[0]];
      assert.throws(() => mergedBase(base, [{ config, tensors, factor: 1 }]), /only adapters of LoRA without DoRA/);
      run.dispose();
    }
  });
});
