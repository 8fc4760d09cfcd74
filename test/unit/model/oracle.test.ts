import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { evaluateModel, trainModel } from '../../../src/library';
import type { Tensor } from '../../../src/library';
import { assertClose } from '../peft/closeness';
import type { Stored } from './readFixtures';
import { decoded, decodedAll, readFamilies, readSafetensors } from './readFixtures';

const GRADIENT = [2e-3, 2e-5] as const;
const LOGIT = [1e-3, 1e-4] as const;

function assertGradients(got: Readonly<Record<string, Tensor>>, expected: Readonly<Record<string, Stored>>): void {
  assert.deepEqual(Object.keys(got).sort(), Object.keys(expected).sort());
  for (const [name, stored] of Object.entries(expected)) {
    assert.deepEqual([...got[name]!.shape], stored.shape, name);
    assertClose(name, got[name]!.data, decoded(stored).data, ...GRADIENT);
  }
}

describe('language models agree with PyTorch, transformers and PEFT', () => {
  for (const each of readFamilies()) {
    const { config, tokens, labels } = each;
    const common = { config, tensors: decodedAll(each.tensors), tokens, labels };
    const training = { steps: each.losses.length, learningRate: 0.01, weightDecay: 0.1 };

    describe(each.name, () => {
      it('alone: loss, logits, the gradient of every parameter, and AdamW', () => {
        const { loss, logits, gradients } = evaluateModel(common);
        assertClose('loss', [loss], [each.loss], 1e-5, 1e-5);
        assert.deepEqual([...logits.shape], each.logits.shape);
        assertClose('logits', logits.data, decoded(each.logits).data, ...LOGIT);
        assertGradients(gradients, each.gradients);
        assertClose('losses', trainModel({ ...common, ...training }).losses, each.losses, 1e-3, 0);
      });

      for (const { method, adapterConfig, adapterTensors, ...expected } of each.cases) {
        it(`${method}: loss, gradients and AdamW`, () => {
          const adapted = { ...common, adapterConfig, adapterTensors: decodedAll(adapterTensors) };
          const { loss, gradients } = evaluateModel(adapted);
          assertClose('loss', [loss], [expected.loss], 1e-5, 1e-5);
          assertGradients(gradients, expected.gradients);
          const trained = trainModel({ ...adapted, ...training });
          assertClose('losses', trained.losses, expected.losses, 1e-3, 0);
          assert.deepEqual(Object.keys(trained.adapterTensors).sort(), Object.keys(adapterTensors).sort());
        });
      }
    });
  }
});

interface GoldenCase {
  readonly adapter: string;
  readonly loss: number;
  readonly logits: { readonly data: number[] };
  readonly gradients: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly adamw: { readonly learningRate: number; readonly losses: number[] };
}

describe('adapters that PEFT saved give its loss, logits, gradients and training', () => {
  const folder = 'test/fixtures/lab/llama-gqa';
  const read = <T>(file: string): T => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as T;
  const { cases, tokens, labels } = read<{ cases: GoldenCase[]; tokens: number[][]; labels: number[][] }>(
    'expected.json',
  );
  const config = read<Record<string, unknown>>('config.json');
  const common = { config, tensors: readSafetensors(`${folder}/model.safetensors`), tokens, labels };

  for (const { adapter, loss, logits, gradients, adamw } of cases) {
    it(adapter, () => {
      const adapted = {
        ...common,
        adapterConfig: read<Record<string, unknown>>(`${adapter}/adapter_config.json`),
        adapterTensors: readSafetensors(`${folder}/${adapter}/adapter_model.safetensors`),
      };
      const result = evaluateModel(adapted);
      assertClose('loss', [result.loss], [loss], 1e-5, 1e-5);
      assertClose('logits', result.logits.data.subarray(0, logits.data.length), logits.data, ...LOGIT);
      assert.deepEqual(Object.keys(result.gradients).sort(), Object.keys(gradients).sort());
      for (const [name, { shape, data }] of Object.entries(gradients)) {
        assert.deepEqual([...result.gradients[name]!.shape], shape, name);
        assertClose(name, result.gradients[name]!.data, data, ...GRADIENT);
      }
      const { learningRate, losses } = adamw;
      assertClose('losses', trainModel({ ...adapted, steps: losses.length, learningRate }).losses, losses, 1e-3, 0);
    });
  }
});
