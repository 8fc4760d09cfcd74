import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import {
  Adapter,
  comparePeftMethods,
  dequantizeNf4,
  LoRALayer,
  LoRALinear,
  prefixAttention,
  PrefixTuning,
  PromptTuning,
  quantizeNf4,
  Tensor,
} from '../../../src/library';
import { assertClose } from './closeness';

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
type Case = Record<string, Stored> & { readonly kind: string };

const { cases } = JSON.parse(readFileSync('test/fixtures/golden/core.json', 'utf8')) as { cases: Case[] };

const tensor = (stored: Stored | undefined): Tensor => Tensor.fromArray(stored!.data, stored!.shape);
const plain = <T>(value: unknown): T => value as T;

function assertTensor(name: string, got: Tensor | null, expected: Stored | undefined): void {
  assert.ok(got, `${name} is there`);
  assert.deepEqual([...got.shape], expected!.shape, `${name}: shape`);
  assertClose(name, got.data, expected!.data);
}

function checkLora(c: Case): void {
  const [outFeatures, inFeatures] = c.W!.shape as [number, number];
  const [rank, alpha] = [plain<number>(c.rank), plain<number>(c.alpha)];
  const layer = new LoRALayer({ inFeatures, outFeatures, rank, alpha });
  layer.A = tensor(c.A);
  layer.B = tensor(c.B);
  assertTensor('output', layer.forward(tensor(c.x), tensor(c.W)), c.output);
  assertTensor('gradInput', layer.backward(tensor(c.gradOutput)), c.gradInput);
  assertTensor('gradA', layer.gradA, c.gradA);
  assertTensor('gradB', layer.gradB, c.gradB);
  assertTensor('merged', layer.mergeWeights(tensor(c.W)), c.merged);
  assert.equal(layer.numParameters(), c.numParameters);

  const linear = new LoRALinear({ weight: tensor(c.W), bias: tensor(c.bias), rank, alpha });
  linear.lora.A = tensor(c.A);
  linear.lora.B = tensor(c.B);
  assertTensor('linearOutput', linear.forward(tensor(c.x)), c.linearOutput);
  assertTensor('linear gradInput', linear.backward(tensor(c.gradOutput)), c.gradInput);
  assertTensor('linear merged weight', linear.merge().weight, c.merged);
  assertTensor('linear merged bias', linear.merge().bias, c.bias);
}

function checkAdapter(c: Case): void {
  const [dModel, bottleneckDim] = c.Wdown!.shape as [number, number];
  const adapter = new Adapter({ dModel, bottleneckDim });
  adapter.wDown = tensor(c.Wdown);
  adapter.wUp = tensor(c.Wup);
  assertTensor('output', adapter.forward(tensor(c.x)), c.output);
  assertTensor('gradInput', adapter.backward(tensor(c.gradOutput)), c.gradInput);
  assertTensor('gradWDown', adapter.gradWDown, c.gradWdown);
  assertTensor('gradWUp', adapter.gradWUp, c.gradWup);
  assert.equal(adapter.numParameters(), c.numParameters);
}

function checkPrefixAttention(c: Case): void {
  const [numLayers, , prefixLength, numHeads, dHead] = c.prefix!.shape as [number, number, number, number, number];
  const layer = plain<number>(c.layer);
  const tuning = new PrefixTuning({ numLayers, numHeads, dHead, prefixLength });
  tuning.prefix = tensor(c.prefix);
  const { key: prefixKey, value: prefixValue } = tuning.getPrefix(layer);
  assertTensor('prefixKey', prefixKey, c.prefixK);
  assertTensor('prefixValue', prefixValue, c.prefixV);
  const { output, probabilities, backward } = prefixAttention({
    query: tensor(c.Q),
    key: tensor(c.K),
    value: tensor(c.V),
    prefixKey,
    prefixValue,
    causal: plain<boolean>(c.causal),
  });
  assertTensor('output', output, c.output);
  assertTensor('probabilities', probabilities, c.probabilities);
  const gradients = backward(tensor(c.gradOutput));
  tuning.accumulateGradient(layer, gradients.gradPrefixKey, gradients.gradPrefixValue);
  assertTensor('gradPrefix', tuning.gradPrefix, c.gradPrefix);
  assertTensor('gradQuery', gradients.gradQuery, c.gradQ);
  assertTensor('gradKey', gradients.gradKey, c.gradK);
  assertTensor('gradValue', gradients.gradValue, c.gradV);
  assert.equal(tuning.numParameters(), c.numParameters);
}

function checkPrompt(c: Case): void {
  const [promptLength, dModel] = c.prompt!.shape as [number, number];
  const tuning = new PromptTuning({ dModel, promptLength });
  tuning.prompt = tensor(c.prompt);
  assertTensor('output', tuning.forward(tensor(c.inputEmbeds)), c.output);
  assertTensor('gradInput', tuning.backward(tensor(c.gradOutput)), c.gradInput);
  assertTensor('gradPrompt', tuning.gradPrompt, c.gradPrompt);
  assert.equal(tuning.numParameters(), c.numParameters);
}

function checkCompare(c: Case): void {
  const [params, ratio] = [plain<Record<string, number>>(c.params), plain<Record<string, number>>(c.ratio)];
  const counts = comparePeftMethods(plain(c.config));
  assert.deepEqual(Object.fromEntries(Object.entries(counts).map(([method, count]) => [method, count.params])), params);
  for (const [method, count] of Object.entries(counts)) assertClose(method, [count.ratio], [ratio[method]!], 1e-15, 0);
}

function checkNf4(c: Case): void {
  const quantized = quantizeNf4(tensor(c.w).data, plain<number>(c.blockSize));
  assert.deepEqual([...quantized.codes], plain<number[]>(c.codes));
  assertClose('absmax', quantized.absmax, c.absmax!.data);
  assertClose('dequantized', dequantizeNf4(quantized), c.dequantized!.data);
}

const CHECKS: Record<string, (c: Case) => void> = {
  lora: checkLora,
  adapter: checkAdapter,
  'prefix-attention': checkPrefixAttention,
  prompt: checkPrompt,
  compare: checkCompare,
  nf4: checkNf4,
};

describe('the core agrees with reference cases computed in float64', () => {
  it('has a check for every kind of case and a case for every check', () => {
    assert.deepEqual([...new Set(cases.map(({ kind }) => kind))].sort(), Object.keys(CHECKS).sort());
  });
  cases.forEach((c, index) => {
    it(`case ${index}: ${c.kind}`, () => CHECKS[c.kind]!(c));
  });
});
