import { strict as assert } from 'node:assert';
import { BASE_CONFIG, openModel, seededRandom, svd, Tensor } from '../../../src/library';
import { BASE_TRAINING, BaseTraining, freshBase } from '../../../src/lab/baseModel';
import { quantisedBase } from '../../../src/lab/quantisedBase';
import { truncateDelta } from '../../../src/lab/truncateDelta';

const base = freshBase(seededRandom(3));
const LINEAR = 'model.layers.1.mlp.up_proj.weight';

describe("the lab's base model", () => {
  it('has 154,304 parameters', () => {
    const { model, parameters } = openModel({ config: BASE_CONFIG, tensors: base }, null);
    assert.equal(
      parameters.reduce((sum, { value }) => sum + value.size, 0),
      154_304,
    );
    model.workspace.dispose();
  });

  it('learns the same from the same seed, to the last bit, and something else from another', () => {
    const trained = (seed: number): readonly [number[], Float32Array] => {
      const training = new BaseTraining({ ...BASE_TRAINING, seed, steps: 4, batchSize: 8 });
      const losses = [1, 2, 3, 4].map(() => training.step());
      const weights = training.tensors()[LINEAR]!.data;
      training.dispose();
      return [losses, weights];
    };
    assert.deepEqual(trained(1), trained(1));
    assert.notDeepEqual(trained(1)[0], trained(2)[0]);
  });

  it('is rounded to as many levels per block as the bits allow, and no further than half a step', () => {
    const levels = { nf4: 16, int3: 7, '2-bit': 4 } as const;
    for (const [precision, most] of Object.entries(levels) as [keyof typeof levels, number][]) {
      const rounded = quantisedBase(base, precision);
      for (const [name, { data }] of Object.entries(base)) {
        const own = rounded[name]!.data;
        if (!name.endsWith('_proj.weight')) {
          assert.deepEqual(own, data, name);
          continue;
        }
        const block = data.subarray(64, 128);
        const largest = Math.max(...block.map(Math.abs));
        const values = own.subarray(64, 128);
        assert.ok(new Set(values).size <= most, `${name} in ${precision}`);
        // The widest gap between levels is the one around 0 for 2 bits, or a third.
        const halfStep = { nf4: 0.16, int3: 1 / 6, '2-bit': 0.37 }[precision] * largest;
        block.forEach((value, i) =>
          assert.ok(Math.abs(value - values[i]!) <= halfStep * 1.0001, `${name} in ${precision}`),
        );
      }
    }
    assert.equal(quantisedBase(base, 'float32')[LINEAR]!.data, base[LINEAR]!.data);
  });

  it('is changed by the best approximation of a rank, and by the whole change of what is no linear layer', () => {
    const random = seededRandom(8);
    const changed = Object.fromEntries(
      Object.entries(base).map(([name, { data, shape }]) => {
        const delta = Tensor.randn(shape, random, 0.1).data;
        return [
          name,
          Tensor.fromArray(
            data.map((value, i) => value + delta[i]!),
            shape,
          ),
        ];
      }),
    );
    const cut = truncateDelta(base, changed, 2);
    assert.equal(cut['model.norm.weight'], changed['model.norm.weight']);
    assert.equal(cut['model.embed_tokens.weight'], changed['model.embed_tokens.weight']);
    const difference = (a: Tensor, b: Tensor): Tensor =>
      Tensor.fromArray(
        a.data.map((value, i) => value - b.data[i]!),
        a.shape,
      );
    const whole = svd(difference(changed[LINEAR]!, base[LINEAR]!)).values;
    const kept = svd(difference(cut[LINEAR]!, base[LINEAR]!)).values;
    const lost = svd(difference(changed[LINEAR]!, cut[LINEAR]!)).values;
    assert.ok(Math.abs(kept[1]! - whole[1]!) < 1e-5 && kept[2]! < 1e-5, 'two singular values stay');
    assert.ok(Math.abs(lost[0]! - whole[2]!) < 1e-5, 'the third is the largest that is lost');
    assert.throws(() => truncateDelta(base, {}, 2), /model\.embed_tokens\.weight: expected a tensor, got none/);
  });
});
