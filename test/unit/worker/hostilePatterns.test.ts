import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PRESETS } from '../../../src/budget/presets';
import { fileOf, tensorField } from '../checkpoint/fixtures';
import { NOWHERE, plannerJobs } from '../planner/plannerCaller';
import { jobCaller } from './jobContext';

/** Keys of 40 characters that take thousands of steps on a long name. */
const hostileKeys = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`((.*.*.*)*){90,99}x${i}`.padEnd(40, 'z'), 4]));

function hostileAdapter(folder: string): string {
  const tensors = Array.from({ length: 10 }, (_, i) => {
    const module = `base_model.model.${'a'.repeat(2_000)}.${i}.q_proj`;
    return [
      [`${module}.lora_A.weight`, tensorField('F32', [8, 0], 0, 0)],
      [`${module}.lora_B.weight`, tensorField('F32', [0, 8], 0, 0)],
    ] as const;
  });
  const file = path.join(folder, 'adapter_model.safetensors');
  writeFileSync(file, fileOf(Object.fromEntries(tensors.flat())));
  const config = { peft_type: 'LORA', r: 8, lora_alpha: 16, rank_pattern: hostileKeys(20) };
  writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify(config));
  return file;
}

describe('a config whose patterns take long on every name', () => {
  let folder: string;
  let call: ReturnType<typeof jobCaller>;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    call = jobCaller();
  });
  after(async () => {
    await call.closeAll();
    rmSync(folder, { recursive: true });
  });

  it('opens beside its adapter with the ranks of the tensors, and says what is not matched', async () => {
    const { description } = await call('checkpoint/open', { path: hostileAdapter(folder) });
    assert.equal(description.lora.length, 10);
    assert.deepEqual(new Set(description.lora.map(({ scaling }) => scaling)), new Set([2]));
    const said = description.problems.map(({ message }) => message).join('\n');
    assert.match(said, /takes more than \d+ steps.* not matched/);
  });

  it('opens no further once it is cancelled', async () => {
    const controller = new AbortController();
    const opening = call('checkpoint/open', { path: hostileAdapter(folder) }, controller.signal);
    setTimeout(() => controller.abort(new Error('no longer wanted')), 0);
    await assert.rejects(opening, /no longer wanted/);
  });

  it('lets the planner answer other requests first, and is analysed with a finding that says so', async () => {
    const jobs = plannerJobs();
    const base_model_name_or_path = PRESETS.find(({ id }) => id === 'llama-3-8b')!.title;
    const text = JSON.stringify({
      peft_type: 'LORA',
      base_model_name_or_path,
      target_modules: ['q_proj'],
      rank_pattern: hostileKeys(1_000),
    });
    const order: string[] = [];
    const context = { signal: new AbortController().signal, progress: () => undefined, transfer: () => undefined };
    const hostile = Promise.resolve(jobs['config/analyse']({ text, weights: null, ...NOWHERE }, context)).then(
      (analysis) => {
        order.push('hostile');
        return analysis;
      },
    );
    const ordinary = { kind: 'preset', id: 'gpt2' } as const;
    await Promise.resolve(jobs['budget/adapter']({ adapterConfig: { peft_type: 'LORA' }, model: ordinary }, context));
    order.push('ordinary');
    const analysis = await hostile;
    assert.deepEqual(order, ['ordinary', 'hostile']);
    assert.ok(analysis?.findings.some(({ code }) => code === 'pattern-not-matched'));
    assert.ok(analysis?.findings.every(({ code }) => code !== 'pattern-no-match'));
  });

  it('ends the analysis of a cancelled request', async () => {
    const jobs = plannerJobs();
    const controller = new AbortController();
    const context = { signal: controller.signal, progress: () => undefined, transfer: () => undefined };
    const adapterConfig = { peft_type: 'LORA', rank_pattern: hostileKeys(1_000) };
    const counting = jobs['budget/adapter']({ adapterConfig, model: { kind: 'preset', id: 'llama-3-8b' } }, context);
    setTimeout(() => controller.abort(new Error('no longer wanted')), 0);
    await assert.rejects(Promise.resolve(counting), /no longer wanted/);
  });
});
