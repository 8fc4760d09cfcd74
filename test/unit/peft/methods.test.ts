import { strict as assert } from 'node:assert';
import { Adapter } from '../../../src/peft/adapter';
import { LoRALayer } from '../../../src/peft/lora';
import { applyLoraToAttention, LoRALinear } from '../../../src/peft/loraLinear';
import { prefixAttention } from '../../../src/peft/prefixAttention';
import { PrefixTuning } from '../../../src/peft/prefixTuning';
import { PromptTuning } from '../../../src/peft/promptTuning';
import { addRow } from '../../../src/tensor/elementwise';
import { ArgumentError, ShapeError, StateError } from '../../../src/tensor/errors';
import { matmulNT } from '../../../src/tensor/matmul';
import { seededRandom } from '../../../src/tensor/random';
import { Tensor } from '../../../src/tensor/tensor';
import { assertClose } from './closeness';

const random = seededRandom(21);
const randn = (...shape: number[]): Tensor => Tensor.randn(shape, random);
const deviation = ({ data, size }: Tensor): number => Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / size);

describe('LoRA', () => {
  it('starts with B = 0 and a small A, so that its output is that of the frozen weight', () => {
    const layer = new LoRALayer({ inFeatures: 300, outFeatures: 20 });
    assert.equal(layer.rank, 8);
    assert.equal(layer.scaling, 2);
    assert.ok(Math.abs(deviation(layer.A) - 0.01) < 0.001);
    assert.ok(layer.B.data.every((value) => value === 0));
    assert.equal(layer.numParameters(), 8 * (300 + 20));
    const [x, w] = [randn(3, 300), randn(20, 300)];
    assert.deepEqual(layer.forward(x, w).data, matmulNT(x, w).data);
    assert.deepEqual(layer.mergeWeights(w).data, w.data);
  });

  it('gives only B a gradient at first, because that of A passes through B', () => {
    const layer = new LoRALayer({ inFeatures: 5, outFeatures: 4, rank: 2 });
    assert.equal(layer.gradA, null);
    layer.forward(randn(3, 5), randn(4, 5));
    layer.backward(randn(3, 4));
    assert.ok(layer.gradA!.data.every((value) => value === 0));
    assert.ok(layer.gradB!.data.every((value) => value !== 0));
  });

  it('merges into an equivalent weight and does not modify the frozen one', () => {
    const layer = new LoRALinear({ weight: randn(6, 5), bias: randn(6), rank: 3, random });
    layer.lora.B = randn(6, 3);
    const before = layer.weight.data.slice();
    const { weight, bias } = layer.merge();
    assert.deepEqual(layer.weight.data, before);
    const x = randn(4, 5);
    assertClose('merged', layer.forward(x).data, addRow(matmulNT(x, weight), bias!).data);
    assertClose(
      'delta',
      layer.lora.deltaWeight().data,
      weight.data.map((value, i) => value - before[i]!),
    );
  });

  it('is the same layer for the same seed', () => {
    const sizes = { inFeatures: 9, outFeatures: 9 };
    const make = (seed: number): Tensor => new LoRALayer({ ...sizes, random: seededRandom(seed) }).A;
    assert.deepEqual(make(1).data, make(1).data);
    assert.notDeepEqual(make(1).data, make(2).data);
  });

  it('uses values written to A.data and matrices assigned to A and B', () => {
    const layer = new LoRALayer({ inFeatures: 2, outFeatures: 1, rank: 1, alpha: 1 });
    layer.A.data.set([1, 2]);
    layer.B = Tensor.fromArray([3], [1, 1]);
    assert.deepEqual([...layer.mergeWeights(Tensor.zeros([1, 2])).data], [3, 6]);
  });

  it('refuses invalid sizes, ranks and alphas', () => {
    for (const rank of [0, -1, 1.5, NaN, Infinity, '8' as unknown as number]) {
      assert.throws(
        () => new LoRALayer({ inFeatures: 4, outFeatures: 4, rank }),
        (error: ArgumentError) => {
          return error instanceof ArgumentError && error.message.startsWith('LoRALayer: rank: expected a positive int');
        },
      );
    }
    assert.throws(() => new LoRALayer({ inFeatures: 4, outFeatures: 4, alpha: NaN }), ArgumentError);
    assert.throws(() => new LoRALayer({ inFeatures: 0, outFeatures: 4 }), ArgumentError);
    assert.throws(() => new LoRALinear({ weight: Tensor.zeros([4]) }), ShapeError);
    assert.throws(() => new LoRALinear({ weight: Tensor.zeros([4, 3]), bias: Tensor.zeros([3]) }), ShapeError);
  });

  it('names the expected and actual shapes in forward, backward and merge', () => {
    const layer = new LoRALayer({ inFeatures: 4, outFeatures: 3, rank: 2 });
    const w = Tensor.zeros([3, 4]);
    const x = Tensor.zeros([2, 4]);
    for (const shape of [[4], [2, 5], [1, 1, 2, 4]]) {
      assert.throws(() => layer.forward(Tensor.zeros(shape), w), ShapeError);
    }
    assert.throws(() => layer.forward(x, Tensor.zeros([4, 3])), /w: expected shape \(3, 4\), got \(4, 3\)/);
    assert.throws(() => layer.forward([1, 2, 3, 4] as unknown as Tensor, w), ShapeError);
    assert.throws(() => layer.mergeWeights(Tensor.zeros([4, 3])), ShapeError);
    layer.forward(Tensor.zeros([2, 5, 4]), w);
    assert.throws(() => layer.backward(Tensor.zeros([10, 3])), /expected shape \(2, 5, 3\), got \(10, 3\)/);
    layer.A = Tensor.zeros([3, 4]);
    assert.throws(() => layer.forward(x, w), /A: expected shape \(2, 4\), got \(3, 4\)/);
  });
});

describe('LoRA on attention', () => {
  const weights = { q: randn(4, 4), k: randn(2, 4), v: randn(2, 4), o: randn(4, 4) };

  it('adapts query and value by default and leaves key and output frozen', () => {
    const { q, k, v, o } = applyLoraToAttention(weights);
    assert.ok(q instanceof LoRALinear && v instanceof LoRALinear);
    assert.equal(k, weights.k);
    assert.equal(o, weights.o);
    assert.deepEqual([q.lora.rank, q.lora.scaling, v.outFeatures], [8, 2, 2]);
    assert.notDeepEqual(q.lora.A.data, v.lora.A.data);
  });

  it('adapts the modules it is given and refuses unknown ones', () => {
    const { q, o } = applyLoraToAttention(weights, { rank: 2, alpha: 3, targetModules: ['o'] });
    assert.equal(q, weights.q);
    assert.ok(o instanceof LoRALinear && o.lora.scaling === 1.5);
    assert.throws(() => applyLoraToAttention(weights, { targetModules: ['w' as 'q'] }), ArgumentError);
  });
});

describe('bottleneck adapter', () => {
  it('starts near the identity, with 2·dModel·bottleneckDim parameters', () => {
    const adapter = new Adapter({ dModel: 100 });
    assert.equal(adapter.numParameters(), 2 * 100 * 64);
    assert.ok(Math.abs(deviation(adapter.wDown) - 0.01) < 0.001);
    const x = randn(3, 100);
    assertClose('output', adapter.forward(x).data, x.data, 0, 0.03);
  });

  it('passes no gradient through a unit that the ReLU closed, even at exactly 0', () => {
    const adapter = new Adapter({ dModel: 1, bottleneckDim: 3 });
    adapter.wDown = Tensor.fromArray([1, -1, 0], [1, 3]);
    adapter.wUp = Tensor.fromArray([1, 1, 1], [3, 1]);
    assert.deepEqual([...adapter.forward(Tensor.fromArray([2], [1, 1])).data], [4]);
    assert.deepEqual([...adapter.cache!.down.data], [2, -2, 0]);
    assert.deepEqual([...adapter.cache!.activated.data], [2, 0, 0]);
    assert.deepEqual([...adapter.backward(Tensor.fromArray([1], [1, 1])).data], [2]);
    assert.deepEqual([...adapter.gradWDown!.data], [2, 0, 0]);
    assert.deepEqual([...adapter.gradWUp!.data], [2, 0, 0]);
  });

  it('refuses sizes of 0 and shapes that do not fit', () => {
    assert.throws(() => new Adapter({ dModel: 0 }), ArgumentError);
    assert.throws(() => new Adapter({ dModel: 4, bottleneckDim: NaN }), ArgumentError);
    const adapter = new Adapter({ dModel: 4, bottleneckDim: 2 });
    assert.throws(() => adapter.forward(Tensor.zeros([4])), ShapeError);
    adapter.forward(Tensor.zeros([2, 4]));
    assert.throws(() => adapter.backward(Tensor.zeros([2, 2])), ShapeError);
    adapter.wUp = Tensor.zeros([4, 2]);
    assert.throws(() => adapter.forward(Tensor.zeros([2, 4])), ShapeError);
  });
});

describe('prefix tuning', () => {
  const make = (): PrefixTuning => new PrefixTuning({ numLayers: 3, numHeads: 2, dHead: 4, prefixLength: 5 });

  it('has keys and values for every layer, ten of each by default', () => {
    const tuning = new PrefixTuning({ numLayers: 3, numHeads: 2, dHead: 4 });
    assert.deepEqual([...tuning.prefix.shape], [3, 2, 10, 2, 4]);
    assert.equal(tuning.numParameters(), 3 * 2 * 10 * 2 * 4);
    assert.ok(Math.abs(deviation(tuning.prefix) - 0.01) < 0.002);
  });

  it("returns a layer's prefixes by name and by position, as views", () => {
    const tuning = make();
    const pair = tuning.getPrefix(2);
    const [key, value] = pair;
    assert.equal(pair.key, key);
    assert.equal(pair.value, value);
    assert.deepEqual([...key.shape], [5, 2, 4]);
    assert.equal(value.at(4, 1, 3), tuning.prefix.at(2, 1, 4, 1, 3));
    key.data[0] = 7;
    assert.equal(tuning.prefix.at(2, 0, 0, 0, 0), 7);
  });

  it('accumulates gradients in their layer until they are cleared', () => {
    const tuning = make();
    assert.equal(tuning.gradPrefix, null);
    const [key, value] = [randn(5, 2, 4), randn(5, 2, 4)];
    tuning.accumulateGradient(1, key, value);
    tuning.accumulateGradient(1, key, value);
    assert.equal(tuning.gradPrefix!.at(1, 0, 4, 1, 3), 2 * key.at(4, 1, 3));
    assert.equal(tuning.gradPrefix!.at(1, 1, 0, 0, 0), 2 * value.at(0, 0, 0));
    assert.equal(tuning.gradPrefix!.at(0, 0, 0, 0, 0), 0);
    tuning.zeroGradient();
    assert.equal(tuning.gradPrefix, null);
  });

  it('refuses layers that do not exist, sizes of 0 and gradients of another shape', () => {
    for (const layer of [-1, 3, 0.5, NaN]) assert.throws(() => make().getPrefix(layer), ArgumentError);
    assert.throws(() => new PrefixTuning({ numLayers: 1, numHeads: 1, dHead: 1, prefixLength: 0 }), ArgumentError);
    assert.throws(() => make().accumulateGradient(0, randn(5, 2, 4), randn(5, 4, 2)), ShapeError);
    const tuning = make();
    tuning.prefix = randn(3, 2, 5, 4, 2);
    assert.throws(() => tuning.getPrefix(0), ShapeError);
  });
});

describe('attention over a prefix', () => {
  const inputs = {
    query: randn(1, 1, 3, 2),
    key: randn(1, 1, 4, 2),
    value: randn(1, 1, 4, 2),
    prefixKey: randn(2, 1, 2),
    prefixValue: randn(2, 1, 2),
  };
  const visible = ({ data }: Tensor): string[] =>
    [0, 6, 12].map((row) => Array.from(data.subarray(row, row + 6), (value) => (value > 0 ? '1' : '0')).join(''));

  it('lets every query see the whole prefix, and the tokens that the mask allows', () => {
    assert.deepEqual(visible(prefixAttention(inputs).probabilities), ['111111', '111111', '111111']);
    const { probabilities } = prefixAttention({ ...inputs, causal: true });
    assert.deepEqual(visible(probabilities), ['111100', '111110', '111111']);
  });

  it('computes probabilities that sum to 1 from scores in the hundreds', () => {
    const query = Tensor.fromArray([2000, 0, -2000, 0, 0, 0], [1, 1, 3, 2]);
    const { probabilities } = prefixAttention({ ...inputs, query });
    for (let i = 0; i < 3; i++) {
      const sum = probabilities.data.subarray(i * 6, i * 6 + 6).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6, `row ${i} sums to ${sum}`);
    }
  });

  it('equals plain attention with an empty prefix, and gives zeros for a query that sees no key', () => {
    const [prefixKey, prefixValue] = [Tensor.zeros([0, 1, 2]), Tensor.zeros([0, 1, 2])];
    const key = randn(1, 1, 1, 2);
    const { query } = inputs;
    const { output, backward } = prefixAttention({ query, key, value: key, prefixKey, prefixValue, causal: true });
    assert.deepEqual([...output.data.subarray(0, 4)], [0, 0, 0, 0]);
    assertClose('output', output.data.subarray(4), key.data);
    assert.ok(backward(randn(1, 1, 3, 2)).gradQuery.data.every(Number.isFinite));
  });

  it('refuses shapes that do not fit together', () => {
    assert.throws(() => prefixAttention({ ...inputs, query: randn(3, 2) }), ShapeError);
    assert.throws(() => prefixAttention({ ...inputs, key: randn(1, 2, 4, 2) }), ShapeError);
    assert.throws(() => prefixAttention({ ...inputs, value: randn(1, 1, 5, 2) }), ShapeError);
    assert.throws(() => prefixAttention({ ...inputs, prefixKey: randn(2, 2, 1) }), ShapeError);
    assert.throws(() => prefixAttention({ ...inputs, prefixValue: randn(3, 1, 2) }), ShapeError);
    assert.throws(() => prefixAttention(inputs).backward(randn(1, 1, 4, 2)), ShapeError);
  });
});

describe('prompt tuning', () => {
  it('starts small, or as rows of the vocabulary', () => {
    const tuning = new PromptTuning({ dModel: 50 });
    assert.deepEqual([...tuning.prompt.shape], [20, 50]);
    assert.ok(Math.abs(deviation(tuning.prompt) - 0.01) < 0.001);
    const vocabulary = Tensor.fromArray([1, 1, 2, 2, 3, 3], [3, 2]);
    const { prompt } = new PromptTuning({ dModel: 2, promptLength: 40, initFromVocab: vocabulary, random });
    const words = Array.from({ length: 40 }, (_, i) => prompt.at(i, 0));
    assert.deepEqual(
      words,
      Array.from({ length: 40 }, (_, i) => prompt.at(i, 1)),
    );
    assert.deepEqual([...new Set(words)].sort(), [1, 2, 3]);
    prompt.data.fill(0);
    assert.equal(vocabulary.data[0], 1);
  });

  it('refuses a vocabulary or an input of another width', () => {
    assert.throws(() => new PromptTuning({ dModel: 2, initFromVocab: Tensor.zeros([3, 4]) }), ShapeError);
    assert.throws(() => new PromptTuning({ dModel: 2, initFromVocab: Tensor.zeros([0, 2]) }), ShapeError);
    assert.throws(() => new PromptTuning({ dModel: 2, promptLength: 0 }), ArgumentError);
    const tuning = new PromptTuning({ dModel: 2, promptLength: 3 });
    assert.throws(() => tuning.forward(Tensor.zeros([1, 4, 3])), ShapeError);
    tuning.forward(Tensor.zeros([1, 4, 2]));
    assert.throws(() => tuning.backward(Tensor.zeros([1, 4, 2])), ShapeError);
  });
});

describe('backward before forward', () => {
  it('is a StateError in every method', () => {
    const grad = Tensor.zeros([1, 2]);
    for (const method of [
      new LoRALayer({ inFeatures: 2, outFeatures: 2 }),
      new LoRALinear({ weight: Tensor.zeros([2, 2]) }),
      new Adapter({ dModel: 2 }),
      new PromptTuning({ dModel: 2 }),
    ]) {
      assert.throws(
        () => method.backward(grad),
        (error: StateError) => {
          return error instanceof StateError && error.expected === 'a forward pass first' && error.got === 'none';
        },
      );
    }
  });
});
