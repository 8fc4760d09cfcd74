import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { BaseComparison } from '../../../src/protocol/baseComparison';
import { jobCaller } from './jobContext';

const FOLDER = path.resolve('test/fixtures/base');
const BASE = path.join(FOLDER, 'model/config.json');

type Expected = { readonly weightNorm: number; readonly outAngle?: number; readonly inAngle?: number } | null;

describe('an adapter beside the weights of its base', () => {
  const call = jobCaller();
  let source: number;
  let compared: BaseComparison;
  let modules: readonly string[];
  const progress: { done: number; total: number }[] = [];

  before(async () => {
    const opened = await call('checkpoint/open', { path: path.join(FOLDER, 'adapter/adapter_model.safetensors') });
    source = opened.source;
    modules = opened.description.lora.map(({ module }) => module);
    const called = { progress: [], transferred: [] };
    compared = await call('lora/base', { source, base: BASE }, undefined, called);
    progress.push(...called.progress);
  });
  after(() => call.closeAll());

  it("has the norms of the weights and the angles to their leading directions that numpy's SVD gives", () => {
    // Written by test/fixtures/base/make.py. The file of GPT-2 stores (in, out), and lacks the first name.
    const expected = JSON.parse(readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')) as Expected[];
    assert.equal(expected.length, modules.length);
    for (const [i, row] of expected.entries()) {
      const close = (got: number, wanted: number | undefined, allowed: number, what: string): void => {
        if (wanted === undefined) assert.ok(Number.isNaN(got), what);
        else assert.ok(Math.abs(got - wanted) <= allowed, `${what} of ${modules[i]}: ${got} for ${wanted}`);
      };
      close(compared.weightNorm[i]!, row?.weightNorm, 1e-6 * (row?.weightNorm ?? 0), 'norm');
      close(compared.outAngle[i]!, row?.outAngle, 0.01, 'angle of outputs');
      close(compared.inAngle[i]!, row?.inAngle, 0.01, 'angle of inputs');
    }
  });

  it('says why a module has no measures, or no angles', () => {
    assert.deepEqual(compared.failures, [
      { module: 2, message: 'the change is zero, so it has no direction' },
      { module: 3, message: 'the base has no weight of this name' },
    ]);
  });

  it('tells the angles of chance, and reports each module', () => {
    // Change of rank 4 beside 8 directions of W, in 96 outputs.
    assert.ok(Math.abs(Math.cos((compared.outChance[0]! * Math.PI) / 180) ** 2 - 8 / 96) < 1e-12);
    assert.deepEqual(
      progress.map(({ done, total }) => [done, total]),
      [
        [1, 4],
        [2, 4],
        [3, 4],
        [4, 4],
      ],
    );
  });

  it('gives the same when the weights are known from before, and names the file', async () => {
    assert.deepEqual(await call('lora/base', { source, base: BASE }), compared);
    assert.equal(path.basename(compared.path), 'model.safetensors');
  });

  it('is refused where there are no weights, and stops when it is cancelled', async () => {
    const config = path.join(FOLDER, 'adapter/config.json');
    await assert.rejects(call('lora/base', { source, base: config }), /there are no model\.safetensors/);
    const controller = new AbortController();
    controller.abort(new Error('cancelled'));
    await assert.rejects(call('lora/base', { source, base: BASE }, controller.signal), /cancelled/);
  });
});
