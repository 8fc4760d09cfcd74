import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DEFAULT_INPUTS } from '../../../src/host/budgetInputs';
import type { ModelReference } from '../../../src/protocol/models';
import type { PlannerCall } from './plannerCaller';
import { NOWHERE, plannerCaller } from './plannerCaller';
import { TestHost } from './testHost';

const sample = path.join(process.cwd(), 'sample-workspace');
const GPT_NEO = path.join(sample, 'EleutherAI/gpt-neo-125M/config.json');
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

describe('the planner', () => {
  let call: PlannerCall;
  let host: TestHost;
  let folder: string;
  beforeEach(() => {
    host = new TestHost();
    call = plannerCaller(host);
    folder = mkdtempSync(path.join(tmpdir(), 'peft-planner-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const counted = async (model: ModelReference, adapterConfig: unknown = { peft_type: 'LORA' }) =>
    call('budget/adapter', { adapterConfig, model });

  it('counts an adapter on a config.json on the disk', async () => {
    const adapterConfig = json(path.join(sample, 'gpt-neo-movies-lora/adapter_config.json'));
    const budget = await counted({ kind: 'file', title: 'gpt-neo', path: GPT_NEO }, adapterConfig);
    assert.equal(budget.problem, '');
    assert.equal(budget.modelTitle, 'gpt-neo');
    assert.equal(budget.counted?.trainable, 294_912);
    assert.equal(budget.counted?.all, 125_198_592 + 294_912);
  });

  it('reads a config.json again after it changed', async () => {
    const file = path.join(folder, 'config.json');
    const gpt2 = { model_type: 'gpt2', vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 };
    const model = { kind: 'file', title: 'mine', path: file } as const;
    writeFileSync(file, JSON.stringify(gpt2));
    assert.equal((await counted(model)).counted?.trainable, 12 * 8 * (768 + 2304));
    writeFileSync(file, JSON.stringify({ ...gpt2, n_layer: 6 }));
    utimesSync(file, 1, 1);
    assert.equal((await counted(model)).counted?.trainable, 6 * 8 * (768 + 2304));
  });

  it('says why an adapter cannot be counted, and that no model was found', async () => {
    const bad = await counted({ kind: 'preset', id: 'gpt2' }, { peft_type: 'LORA', r: 0 });
    assert.equal(bad.counted, null);
    assert.match(bad.problem, /'r': got 0/);
    const none = await counted({ kind: 'named', name: 'nobody/nothing', ...NOWHERE });
    assert.deepEqual([none.modelTitle, none.counted], [null, null]);
    assert.match(none.problem, /not found/);
  });

  it('prefers the model in the folder of the adapter, then one of the workspace by name, then a preset', async () => {
    const near = path.join(folder, 'near');
    mkdirSync(near);
    const config = (layers: number) => ({
      model_type: 'gpt2',
      vocab_size: 100,
      n_positions: 10,
      n_embd: 8,
      n_layer: layers,
      n_head: 2,
    });
    writeFileSync(path.join(near, 'config.json'), JSON.stringify(config(3)));
    const beside = {
      title: 'beside',
      folder: 'file:///near',
      name: 'near',
      ownName: null,
      file: { kind: 'file', title: 'beside', path: path.join(near, 'config.json') } as const,
    };
    const named = {
      title: 'named',
      folder: 'file:///far',
      name: 'gpt2',
      ownName: null,
      file: host.document('named', config(5)),
    };
    const titleFor = async (workspace: readonly (typeof beside | typeof named)[]) =>
      (
        await counted({
          kind: 'named',
          name: 'openai-community/gpt2',
          folder: 'file:///near',
          localFolder: null,
          workspace,
        })
      ).modelTitle;
    assert.equal(await titleFor([named, beside]), 'beside');
    assert.equal(await titleFor([named]), 'named');
    assert.equal(await titleFor([]), 'GPT-2');
  });

  it('makes the report of a preset and of typed sizes, and its text', async () => {
    const report = await call('budget/report', { inputs: DEFAULT_INPUTS, model: { kind: 'preset', id: 'llama-2-7b' } });
    assert.equal(report.modelTitle, 'Llama-2-7B');
    assert.match(report.shareNote, /6,738,415,616/);
    const custom = await call('budget/report', { inputs: DEFAULT_INPUTS, model: { kind: 'custom' } });
    assert.deepEqual(
      custom.methods.map(({ parameters }) => parameters),
      report.methods.map(({ parameters }) => parameters),
    );
    assert.match(await call('budget/text', { report, format: 'markdown' }), /^\*\*Llama-2-7B\*\*/);
    const gone = await call('budget/report', {
      inputs: DEFAULT_INPUTS,
      model: { kind: 'missing', title: 'Not found', message: 'x is gone' },
    });
    assert.deepEqual(gone.errors, [{ field: 'model', message: 'x is gone' }]);
  });

  it('explains an entry of a text that does not parse completely', async () => {
    const text = '{ "peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["c_attn"';
    const hover = await call('config/hover', {
      ...NOWHERE,
      text,
      weights: null,
      offset: text.indexOf('"lora_alpha"') + 2,
    });
    assert.equal(text.slice(hover?.offset, (hover?.offset ?? 0) + (hover?.length ?? 0)), '"lora_alpha"');
    assert.match(hover?.markdown ?? '', /8 \/ 4 = \*\*2\*\*/);
  });

  it('asks for the weights of an adapter once for many hovers, and only for entries that need them', async () => {
    const lora = Array.from({ length: 2000 }, (_, index) => ({
      module: `model.layers.${index}.self_attn.q_proj`,
      rank: 4,
      inFeatures: 64,
      outFeatures: 64,
      a: `model.layers.${index}.self_attn.q_proj.lora_A.weight`,
    }));
    const weights = host.weightsFile({ parameters: 5, tensors: lora.map(({ a }) => ({ name: a })), lora });
    const text = '{ "peft_type": "LORA", "r": 4, "task_type": "CAUSAL_LM" }';
    const at = async (key: string) => {
      const params = { ...NOWHERE, text, weights, offset: text.indexOf(key) + 2 };
      assert.ok(JSON.stringify(params).length < 500);
      return (await call('config/hover', params))?.markdown ?? '';
    };
    assert.equal(await at('"task_type"'), '');
    assert.deepEqual(host.asked, []);
    assert.match(await at('"r"'), /\*\*5 parameters\*\* in 2,000 tensors of 2,000 modules/);
    assert.match(await at('"peft_type"'), /2,000 modules/);
    assert.equal(host.asked.length, 1);
  });
});
