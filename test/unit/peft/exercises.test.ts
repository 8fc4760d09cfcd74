import { strict as assert } from 'node:assert';
import {
  applyLoraToFeedForward,
  DoRALayer,
  IA3Layer,
  LoRALayer,
  LoRALinear,
  ParallelAdapter,
  PrefixMLP,
  QLoRALinear,
  seededRandom,
  Tensor,
  trainLora,
} from '../../../src/library';
import { gelu, geluTanh, relu, silu } from '../../../src/peft/activations';
import type { ScalarFunction } from '../../../src/tensor/layers/gatedUnit';
import { matmul, matmulNT } from '../../../src/tensor/matmul';
import { assertClose, dot } from './closeness';

const random = seededRandom(11);
const randn = (...shape: number[]): Tensor => Tensor.randn(shape, random);

/**
 * Compares a gradient with the change of the loss along a random direction. A float32 forward pass is exact enough for
 * one direction with a large step.
 */
function assertDirection(name: string, parameter: Tensor, gradient: Tensor | null, loss: () => number): void {
  const direction = Tensor.randn(parameter.shape, random);
  const start = parameter.data.slice();
  const step = 1e-2;
  const at = (distance: number): number => {
    for (let i = 0; i < start.length; i++) parameter.data[i] = start[i]! + distance * direction.data[i]!;
    return loss();
  };
  const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
  parameter.data.set(start);
  const size = Math.sqrt(dot(gradient!.data, gradient!.data));
  assertClose(name, [dot(gradient!.data, direction.data)], [slope], 2e-3, 2e-3 * size);
}

describe('activations', () => {
  const functions: Record<string, ScalarFunction> = { relu, gelu, geluTanh, silu };
  for (const [name, { value, derivative }] of Object.entries(functions)) {
    it(`${name} has the derivative that finite differences show`, () => {
      for (const x of [-7, -3.1, -2.4, -0.5, 0.3, 1, 2.6, 5]) {
        assertClose(`at ${x}`, [derivative(x)], [(value(x + 1e-5) - value(x - 1e-5)) / 2e-5], 1e-7, 1e-9);
      }
    });
  }

  it('have an exact GELU on both sides of where its computation changes', () => {
    const exact = { '-4': -1.2668496733e-4, '-1': -0.158655254, 0.5: 0.345731231, 3.5: 3.499185804, 3.6: 3.599427208 };
    for (const [x, y] of Object.entries(exact)) assertClose(`gelu(${x})`, [gelu.value(Number(x))], [y], 1e-8, 1e-9);
  });
});

describe('dropout on the LoRA path', () => {
  const w = randn(5, 40);
  const layer = new LoRALayer({ inFeatures: 40, outFeatures: 5, rank: 2, dropout: 0.25, random });
  layer.B = randn(5, 2);
  const x = randn(50, 40);

  it('keeps the mask in the cache and computes with it', () => {
    const h = layer.forward(x, w);
    const { keep } = layer.cache!;
    const share = keep!.data.reduce((sum, value) => sum + value, 0) / keep!.size;
    assert.ok(share > 0.7 && share < 0.8, `kept ${share}`);
    assert.deepEqual([...layer.forward(x, w, { keep: keep! }).data], [...h.data]);
  });

  it('is off outside training, and affects nothing but the LoRA path', () => {
    layer.training = false;
    const merged = matmulNT(x, layer.mergeWeights(w));
    assertClose('output', layer.forward(x, w).data, merged.data);
    assert.equal(layer.cache!.keep, null);
    layer.training = true;
    layer.B = Tensor.zeros([5, 2]);
    assertClose('output without B', layer.forward(x, w).data, matmulNT(x, w).data);
  });

  it('has the gradients that differences along a direction show', () => {
    layer.B = randn(5, 2);
    const keep = (layer.forward(x, w), layer.cache!.keep!);
    const upstream = randn(50, 5);
    const gradInput = layer.backward(upstream);
    const loss = (): number => dot(layer.forward(x, w, { keep }).data, upstream.data);
    assertDirection('gradInput', x, gradInput, loss);
    assertDirection('gradA', layer.A, layer.gradA, loss);
    assertDirection('gradB', layer.B, layer.gradB, loss);
  });

  it('refuses a probability outside [0, 1)', () => {
    assert.throws(() => new LoRALayer({ inFeatures: 2, outFeatures: 2, dropout: 1 }), /probability in \[0, 1\), got 1/);
  });
});

describe('LoRA', () => {
  it('divides alpha by the root of the rank with rsLoRA', () => {
    assert.equal(new LoRALayer({ inFeatures: 4, outFeatures: 4, rank: 4, alpha: 6, useRslora: true }).scaling, 3);
  });

  for (const init of ['pissa', 'olora'] as const) {
    it(`starts from the same function with ${init}, with factors from the weight`, () => {
      const weight = randn(7, 9);
      const x = randn(4, 9);
      const linear = new LoRALinear({ weight, rank: 3, alpha: 6, init });
      assertClose('output', linear.forward(x).data, matmulNT(x, weight).data);
      const rest = linear.weight.data.reduce((sum, value) => sum + value * value, 0);
      const whole = weight.data.reduce((sum, value) => sum + value * value, 0);
      assert.ok(rest < (init === 'pissa' ? 0.8 : 20) * whole, 'the product takes a part of the weight');
      assert.throws(() => new LoRALinear({ weight, rank: 8, init }), /both sides at least 8, got \(7, 9\)/);
    });
  }

  it('takes the largest singular values with PiSSA', () => {
    const weight = matmul(randn(8, 2), randn(2, 6));
    const { residualWeight } = new LoRALayer({ inFeatures: 6, outFeatures: 8, rank: 2, init: 'pissa', weight });
    assertClose('rest of a weight of rank 2', residualWeight!.data, new Float32Array(48), 0, 1e-5);
  });

  it('lets B learn faster than A with LoRA+', async () => {
    const weight = randn(6, 6);
    const run = async (loraPlusRatio: number): Promise<LoRALayer> => {
      const layer = new LoRALayer({ inFeatures: 6, outFeatures: 6, rank: 2, random: seededRandom(3) });
      const x = randn(8, 6);
      await trainLora({ layer, weight, targetDelta: randn(6, 6), batch: () => x, steps: 1, loraPlusRatio });
      return layer;
    };
    const [usual, plus] = [await run(1), await run(16)];
    assertClose('step of B', [Math.abs(plus.B.data[0]!)], [16 * Math.abs(usual.B.data[0]!)], 1e-3, 0);
    assert.deepEqual([...plus.A.data], [...usual.A.data]);
  });
});

describe('gradients of the exercises agree with differences along a direction', () => {
  const x = randn(2, 3, 6);

  for (const activation of ['relu', 'gelu', 'swiglu'] as const) {
    it(`LoRA on a feed-forward layer, ${activation}`, () => {
      const gate = activation === 'swiglu' ? randn(8, 6) : undefined;
      const weights = { up: randn(8, 6), down: randn(6, 8), gate };
      const layer = applyLoraToFeedForward(weights, { rank: 2, alpha: 2, activation, random });
      for (const each of Object.values(layer.lora)) [each.A, each.B] = [randn(...each.A.shape), randn(...each.B.shape)];
      const upstream = randn(2, 3, 6);
      layer.forward(x);
      const gradInput = layer.backward(upstream);
      const gradients = Object.values(layer.lora).map(({ gradA, gradB }) => [gradA, gradB] as const);
      const loss = (): number => dot(layer.forward(x).data, upstream.data);
      if (activation !== 'relu') assertDirection('gradInput', x, gradInput, loss);
      Object.values(layer.lora).forEach((each, i) => {
        if (activation === 'relu' && i === 0) return; // differences cross the kinks of ReLU
        assertDirection('gradA', each.A, gradients[i]![0], loss);
        assertDirection('gradB', each.B, gradients[i]![1], loss);
      });
    });
  }

  it('parallel adapter', () => {
    const adapter = new ParallelAdapter({ dModel: 6, bottleneckDim: 3, scaling: 2 });
    [adapter.wDown, adapter.wUp] = [randn(6, 3), randn(3, 6)];
    const [sublayer, upstream] = [randn(2, 3, 6), randn(2, 3, 6)];
    adapter.forward(x, sublayer);
    const { gradSublayerOutput } = adapter.backward(upstream);
    const { gradWUp } = adapter;
    const loss = (): number => dot(adapter.forward(x, sublayer).data, upstream.data);
    assertDirection('gradWUp', adapter.wUp, gradWUp, loss);
    assertDirection('gradSublayerOutput', sublayer, gradSublayerOutput, loss);
  });

  it('prefix MLP', () => {
    const mlp = new PrefixMLP({ numLayers: 2, numHeads: 2, dHead: 3, prefixLength: 4, hiddenDim: 5, random });
    const upstream = randn(2, 2, 4, 2, 3);
    mlp.forward();
    mlp.backward(upstream);
    const { gradEmbedding, gradW1, gradB1, gradW2, gradB2 } = mlp;
    const loss = (): number => dot(mlp.forward().data, upstream.data);
    assertDirection('gradEmbedding', mlp.embedding, gradEmbedding, loss);
    assertDirection('gradW1', mlp.w1, gradW1, loss);
    assertDirection('gradB1', mlp.b1, gradB1, loss);
    assertDirection('gradW2', mlp.w2, gradW2, loss);
    assertDirection('gradB2', mlp.b2, gradB2, loss);
  });

  it('DoRA with respect to its magnitude and its input', () => {
    const w = randn(5, 6);
    const layer = new DoRALayer({ inFeatures: 6, outFeatures: 5, rank: 2, alpha: 2, weight: w });
    assertClose('an untrained layer', layer.forward(x, w).data, matmulNT(x.reshape([6, 6]), w).data);
    layer.B = randn(5, 2);
    const upstream = randn(2, 3, 5);
    layer.forward(x, w);
    const gradInput = layer.backward(upstream);
    const { gradMagnitude } = layer;
    const loss = (): number => dot(layer.forward(x, w).data, upstream.data);
    assertDirection('gradInput', x, gradInput, loss);
    assertDirection('gradMagnitude', layer.magnitude, gradMagnitude, loss);
    assertClose('merged', matmulNT(x.reshape([6, 6]), layer.mergeWeights(w)).data, layer.forward(x, w).data);
  });

  for (const isFeedForward of [false, true]) {
    it(`IA3, ${isFeedForward ? 'scaling the input' : 'scaling the output'}`, () => {
      const w = randn(5, 6);
      const layer = new IA3Layer({ inFeatures: 6, outFeatures: 5, isFeedForward });
      assertClose('an untrained layer', layer.forward(x, w).data, matmulNT(x.reshape([6, 6]), w).data);
      layer.scale = randn(...layer.scale.shape);
      const upstream = randn(2, 3, 5);
      layer.forward(x, w);
      const gradInput = layer.backward(upstream);
      const { gradScale } = layer;
      const loss = (): number => dot(layer.forward(x, w).data, upstream.data);
      assertDirection('gradInput', x, gradInput, loss);
      assertDirection('gradScale', layer.scale, gradScale, loss);
      assertClose('merged', matmulNT(x.reshape([6, 6]), layer.mergeWeights(w)).data, layer.forward(x, w).data);
      assert.equal(layer.numParameters(), isFeedForward ? 6 : 5);
    });
  }
});

describe('QLoRA', () => {
  const weight = randn(64, 64);

  it('reports the bytes of its base and the error of quantising it', () => {
    const layer = new QLoRALinear({ weight });
    assert.equal(layer.bytesPerWeight(), 0.5 + 4 / 64);
    assert.ok(layer.baseError > 0.05 && layer.baseError < 0.15, `error ${layer.baseError}`);
  });

  it('stores the scales in 8 bits with double quantisation, at almost the same error', () => {
    const [single, double] = [new QLoRALinear({ weight }), new QLoRALinear({ weight, doubleQuantization: true })];
    assert.equal(double.bytesPerWeight(), 0.5 + (64 + 8) / 4096);
    assertClose('error', [double.baseError], [single.baseError], 0.1, 0);
    assert.notDeepEqual([...double.quantized.absmax], [...single.quantized.absmax]);
  });

  it('refuses a weight that is no matrix', () => {
    assert.throws(() => new QLoRALinear({ weight: randn(4) }), /QLoRALinear: weight: expected shape/);
  });
});

describe('LoRA on a feed-forward layer', () => {
  it('refuses a missing gate, a needless gate and an unknown activation', () => {
    const [up, down, gate] = [randn(8, 6), randn(6, 8), randn(8, 6)];
    assert.throws(() => applyLoraToFeedForward({ up, down }, { activation: 'swiglu' }), /gate: expected the weight/);
    assert.throws(() => applyLoraToFeedForward({ up, down, gate }), /gate: expected no gate for relu/);
    assert.throws(() => applyLoraToFeedForward({ up, down }, { activation: 'tanh' as 'relu' }), /one of relu, gelu/);
    assert.throws(() => applyLoraToFeedForward({ up, down: up }), /down: expected shape \(6, 8\)/);
  });
});
