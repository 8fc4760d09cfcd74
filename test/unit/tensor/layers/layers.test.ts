import { strict as assert } from 'node:assert';
import { silu } from '../../../../src/peft/activations';
import { attention, attentionBackward } from '../../../../src/tensor/layers/attention';
import { crossEntropy } from '../../../../src/tensor/layers/crossEntropy';
import { gatedUnit, gatedUnitBackward } from '../../../../src/tensor/layers/gatedUnit';
import { rmsNorm, rmsNormBackward } from '../../../../src/tensor/layers/rmsNorm';
import { rotate } from '../../../../src/tensor/layers/rotary';
import { currentEngine } from '../../../../src/tensor/engine/current';
import { seededRandom } from '../../../../src/tensor/random';
import { Tensor } from '../../../../src/tensor/tensor';
import { Workspace } from '../../../../src/tensor/workspace';
import { assertClose, dot } from '../../peft/closeness';

const random = seededRandom(21);
const randn = (...shape: number[]): Tensor => Tensor.randn(shape, random);
const like = ({ shape }: Tensor): Tensor => Tensor.zeros(shape);

/** The change of the loss along a random direction, by differences of fourth order. */
function slope(parameter: Tensor, direction: Tensor, loss: () => number): number {
  const start = parameter.data.slice();
  const at = (distance: number): number => {
    for (let i = 0; i < start.length; i++) parameter.data[i] = start[i]! + distance * direction.data[i]!;
    return loss();
  };
  const step = 1e-2;
  const result = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
  parameter.data.set(start);
  return result;
}

function assertGradient(name: string, parameter: Tensor, gradient: Tensor, loss: () => number): void {
  const direction = randn(...parameter.shape);
  const size = Math.sqrt(dot(gradient.data, gradient.data));
  assertClose(name, [dot(gradient.data, direction.data)], [slope(parameter, direction, loss)], 1e-3, 2e-3 * size);
}

describe('the layers of language models', () => {
  it('RMSNorm has unit mean square, and gradients that differences show', () => {
    const [x, weight, upstream] = [randn(4, 6), randn(6), randn(4, 6)];
    const [out, inverse] = [like(x), Tensor.zeros([4])];
    const loss = (): number => (rmsNorm(x, weight, 1e-6, out, inverse), dot(out.data, upstream.data));
    loss();
    const [gradX, gradWeight] = [like(x), like(weight)];
    rmsNormBackward(x, weight, inverse, { gradOut: upstream, gradX, gradWeight });
    assertGradient('gradX', x, gradX, loss);
    assertGradient('gradWeight', weight, gradWeight, loss);
    const ones = Tensor.fromArray([1, 1, 1, 1, 1, 1], [6]);
    rmsNorm(x, ones, 0, out, inverse);
    assertClose('mean square', [dot(out.data, out.data) / 24], [1]);
  });

  it('rotary positions keep lengths, and turn back what they turned', () => {
    const x = randn(3, 8);
    const before = x.data.slice();
    const angles = Tensor.fromArray([0.3, 1.1, 0.6, 2.2, 0.9, 3.3], [3, 2]);
    const table = { cos: like(angles), sin: like(angles) };
    angles.data.forEach((angle, i) => {
      table.cos.data[i] = Math.cos(angle);
      table.sin.data[i] = Math.sin(angle);
    });
    rotate(x, table, Int32Array.from([2, 0, 1]), 1);
    assertClose('length', [dot(x.data, x.data)], [dot(before, before)]);
    assertClose('first pair of row 0', [x.data[0]!], [before[0]! * Math.cos(0.9) - before[2]! * Math.sin(0.9)]);
    rotate(x, table, Int32Array.from([2, 0, 1]), -1);
    assertClose('turned back', x.data, before);
  });

  it('cross-entropy has the gradient that differences show', () => {
    const logits = randn(3, 5);
    const labels = Int32Array.from([4, 0, 2]);
    const gradient = logits.clone();
    const loss = crossEntropy(gradient, labels);
    const by = (row: number): number => {
      const values = [...logits.data.subarray(row * 5, row * 5 + 5)];
      return Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0)) - values[labels[row]!]!;
    };
    assertClose('loss', [loss], [(by(0) + by(1) + by(2)) / 3]);
    assertGradient('gradient', logits, gradient, () => crossEntropy(logits.clone(), labels));
  });
});

/** Two sequences of 5 and 3 keys. The first has a window and skips a query. */
const spans = {
  queryStarts: Int32Array.from([0, 4, 7]),
  keyStarts: Int32Array.from([0, 5, 8]),
  firstKeys: Int32Array.from([0, 0, 1, 2, 0, 0, 0]),
  endKeys: Int32Array.from([1, 2, 4, 5, 1, 2, 3]),
  mostKeys: 5,
  rowLength: 8,
};

for (const headDim of [8, 6]) {
  const sizes = { heads: 4, keyValueHeads: 2, headDim };
  const tensors = {
    query: randn(7, 4 * headDim),
    key: randn(8, 2 * headDim),
    value: randn(8, 2 * headDim),
    probabilities: Tensor.zeros([7, 4, 8]),
  };
  const upstream = randn(7, 4 * headDim);

  /** Runs attention forward and backward on copies that `place` makes. */
  const run = (place: (tensor: Tensor) => Tensor): readonly Tensor[] => {
    const { query, key, value } = tensors;
    const operands = {
      query: place(query),
      key: place(key),
      value: place(value),
      probabilities: place(tensors.probabilities),
    };
    const [out, gradOut] = [place(like(query)), place(upstream)];
    attention(operands, spans, sizes, out);
    const gradients = {
      gradOut,
      gradQuery: place(like(query)),
      gradKey: place(like(key)),
      gradValue: place(like(value)),
    };
    attentionBackward(operands, spans, sizes, gradients);
    return [out, gradients.gradQuery, gradients.gradKey, gradients.gradValue];
  };

  describe(`attention with heads of ${headDim}`, () => {
    it('has the gradients that differences show', () => {
      const [, gradQuery, gradKey, gradValue] = run((tensor) => tensor.clone());
      const out = like(tensors.query);
      const loss = (): number => (attention(tensors, spans, sizes, out), dot(out.data, upstream.data));
      assertGradient('query', tensors.query, gradQuery!, loss);
      assertGradient('key', tensors.key, gradKey!, loss);
      assertGradient('value', tensors.value, gradValue!, loss);
    });

    it('is the same in the memory of the engine', () => {
      const workspace = new Workspace();
      const plain = run((tensor) => tensor.clone());
      const fast = run(({ shape, data }) => workspace.keep(shape, data));
      assert.ok(currentEngine()?.addressOf(fast[0]!.data), 'the tensors are in the memory of the engine');
      plain.forEach((tensor, i) => assertClose(`result ${i}`, fast[i]!.data, tensor.data, 1e-5, 1e-6));
      workspace.dispose();
    });
  });
}

describe('the gated unit with SiLU', () => {
  for (const count of [3, 4, 41]) {
    it(`is the same in the memory of the engine, for ${count} values`, () => {
      const workspace = new Workspace();
      const [gate, up, grad] = [randn(count), randn(count), randn(count)];
      for (let i = 0; i < count; i++) gate.data[i] = gate.data[i]! * 8;
      if (count > 40) gate.data.set([-200, 200, -88, 0]);
      const run = (place: (tensor: Tensor) => Tensor): Tensor[] => {
        const [own, ownUp, out] = [place(gate), place(up), place(like(gate))];
        gatedUnit(silu, own, ownUp, out);
        const gradients = { gradOut: place(grad), gradGate: place(like(gate)), gradUp: place(like(gate)) };
        gatedUnitBackward(silu, own, ownUp, gradients);
        return [out, gradients.gradGate, gradients.gradUp];
      };
      const fast = run(({ shape, data }) => workspace.keep(shape, data));
      const plain = run((tensor) => tensor.clone());
      plain.forEach((tensor, i) => assertClose(`result ${i}`, fast[i]!.data, tensor.data, 1e-5, 1e-6));
      workspace.dispose();
    });
  }
});

describe('a workspace', () => {
  it('hands out the tensors of the last step again, and larger ones where a step needs them', () => {
    const workspace = new Workspace();
    const matrix = workspace.take(2, 3);
    const vector = workspace.take(4);
    workspace.restart();
    assert.equal(workspace.take(2, 3), matrix);
    const shorter = workspace.take(2);
    assert.deepEqual([shorter.data.buffer, shorter.data.byteOffset], [vector.data.buffer, vector.data.byteOffset]);
    assert.equal(workspace.stepValues, 10);
    workspace.restart();
    assert.deepEqual([...workspace.zeros(3, 3).data], new Array(9).fill(0));
    assert.equal(workspace.stepValues, 13);
    workspace.dispose();
  });
});
