import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import {
  applyLoraToFeedForward,
  DoRALayer,
  LoRALayer,
  LoRAWithPrompt,
  ParallelAdapter,
  PrefixMLP,
  QLoRALinear,
  Tensor,
} from '../../../src/library';
import { assertClose } from './closeness';

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
type Case = Record<string, Stored> & { readonly kind: string };

const { cases } = JSON.parse(readFileSync('test/fixtures/lab/layers.json', 'utf8')) as { cases: Case[] };

const tensor = (stored: Stored | undefined): Tensor => Tensor.fromArray(stored!.data, stored!.shape);
const plain = <T>(value: unknown): T => value as T;
const parts = (stored: unknown): Record<string, Stored> => stored as Record<string, Stored>;

function assertTensor(name: string, got: Tensor | null, expected: Stored | undefined): void {
  assert.ok(got, `${name} is there`);
  assert.deepEqual([...got.shape], expected!.shape, `${name}: shape`);
  assertClose(name, got.data, expected!.data);
}

function loraSizes(c: Case): { inFeatures: number; outFeatures: number; rank: number; alpha: number } {
  const [outFeatures, inFeatures] = c.W!.shape as [number, number];
  return { inFeatures, outFeatures, rank: plain(c.rank), alpha: plain(c.alpha) };
}

const CHECKS: Record<string, (c: Case) => void> = {
  'lora-dropout': (c) => {
    const layer = new LoRALayer({ ...loraSizes(c), dropout: plain(c.dropout) });
    [layer.A, layer.B] = [tensor(c.A), tensor(c.B)];
    assertTensor('output', layer.forward(tensor(c.x), tensor(c.W), { keep: tensor(c.keep) }), c.output);
    assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
    assertTensor('gradA', layer.gradA, c.gradA);
    assertTensor('gradB', layer.gradB, c.gradB);
  },
  'ffn-lora': (c) => {
    const names = Object.keys(parts(c.W)) as ('up' | 'down' | 'gate')[];
    const weights = Object.fromEntries(names.map((name) => [name, tensor(parts(c.W)[name])]));
    const layer = applyLoraToFeedForward(plain(weights), {
      rank: plain(c.rank),
      alpha: plain(c.alpha),
      activation: plain(c.activation),
    });
    for (const name of names) {
      layer.lora[name]!.A = tensor(parts(c.A)[name]);
      layer.lora[name]!.B = tensor(parts(c.B)[name]);
    }
    assertTensor('output', layer.forward(tensor(c.x)), c.output);
    assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
    for (const name of names) {
      assertTensor(`gradA of ${name}`, layer.lora[name]!.gradA, parts(c.gradA)[name]);
      assertTensor(`gradB of ${name}`, layer.lora[name]!.gradB, parts(c.gradB)[name]);
    }
  },
  'parallel-adapter': (c) => {
    const [dModel, bottleneckDim] = c.Wdown!.shape as [number, number];
    const adapter = new ParallelAdapter({ dModel, bottleneckDim, scaling: plain(c.scaling) });
    [adapter.wDown, adapter.wUp] = [tensor(c.Wdown), tensor(c.Wup)];
    assertTensor('output', adapter.forward(tensor(c.x), tensor(c.sublayerOutput)), c.output);
    const { gradInput, gradSublayerOutput } = adapter.backward(tensor(c.gradOutput));
    assertTensor('gradInput', gradInput, c.gradInput);
    assertTensor('gradSublayerOutput', gradSublayerOutput, c.gradSublayer);
    assertTensor('gradWDown', adapter.gradWDown, c.gradWdown);
    assertTensor('gradWUp', adapter.gradWUp, c.gradWup);
  },
  'prefix-mlp': (c) => {
    const [hiddenDim, embeddingDim] = c.w1!.shape as [number, number];
    const [numLayers, numHeads, dHead] = [
      plain<number>(c.numLayers),
      plain<number>(c.numHeads),
      plain<number>(c.dHead),
    ];
    const prefixLength = plain<number>(c.prefixLength);
    const mlp = new PrefixMLP({ numLayers, numHeads, dHead, prefixLength, embeddingDim, hiddenDim });
    for (const name of ['embedding', 'w1', 'b1', 'w2', 'b2'] as const) mlp[name] = tensor(c[name]);
    assertTensor('prefix', mlp.forward(), c.prefix);
    mlp.backward(tensor(c.gradPrefix));
    for (const name of ['Embedding', 'W1', 'B1', 'W2', 'B2'] as const) {
      assertTensor(`grad${name}`, mlp[`grad${name}`], c[`grad${name}`]);
    }
    assert.equal(mlp.numParameters(), c.numParameters);
    assertTensor('the prefix that is kept', mlp.toPrefixTuning().prefix, c.prefix);
  },
  'lora-prompt': (c) => {
    const { rank, alpha } = loraSizes(c);
    const layer = new LoRAWithPrompt({ weight: tensor(c.W), rank, alpha, promptLength: c.prompt!.shape[0]! });
    layer.prompt.prompt = tensor(c.prompt);
    [layer.lora.A, layer.lora.B] = [tensor(c.A), tensor(c.B)];
    assertTensor('output', layer.forward(tensor(c.inputEmbeds)), c.output);
    assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
    assertTensor('gradPrompt', layer.prompt.gradPrompt, c.gradPrompt);
    assertTensor('gradA', layer.lora.gradA, c.gradA);
    assertTensor('gradB', layer.lora.gradB, c.gradB);
  },
  dora: (c) => {
    const layer = new DoRALayer({ ...loraSizes(c), weight: tensor(c.W) });
    [layer.A, layer.B, layer.magnitude] = [tensor(c.A), tensor(c.B), tensor(c.magnitude)];
    assertTensor('output', layer.forward(tensor(c.x), tensor(c.W)), c.output);
    assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
    assertTensor('gradA', layer.gradA, c.gradA);
    assertTensor('gradB', layer.gradB, c.gradB);
    assertTensor('gradMagnitude', layer.gradMagnitude, c.gradMagnitude);
    assertTensor('merged', layer.mergeWeights(tensor(c.W)), c.merged);
  },
  qlora: (c) => {
    const { rank, alpha } = loraSizes(c);
    const layer = new QLoRALinear({ weight: tensor(c.W), rank, alpha, blockSize: plain(c.blockSize) });
    [layer.lora.A, layer.lora.B] = [tensor(c.A), tensor(c.B)];
    assert.deepEqual([...layer.quantized.codes], plain<number[]>(c.codes));
    assertTensor('dequantized', layer.dequantized(), c.dequantized);
    assertTensor('output', layer.forward(tensor(c.x)), c.output);
    assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
    assertTensor('gradA', layer.lora.gradA, c.gradA);
    assertTensor('gradB', layer.lora.gradB, c.gradB);
  },
};

describe('the exercises agree with automatic differentiation in float64', () => {
  it('have a check for every kind of case and a case for every check', () => {
    assert.deepEqual([...new Set(cases.map(({ kind }) => kind))].sort(), Object.keys(CHECKS).sort());
  });
  cases.forEach((c, index) => {
    it(`case ${index}: ${c.kind}`, () => CHECKS[c.kind]!(c));
  });
});
