import { strict as assert } from 'node:assert';
import { CheckpointError } from '../../../src/checkpoint/errors';
import { jobCaller } from './jobContext';

const ADAPTER = 'test/fixtures/peft_saved/lora/adapter_model.safetensors';

describe('the findings of an open source', () => {
  const call = jobCaller();
  after(() => call.closeAll());

  it('are those of the header alone, or of all values with progress', async () => {
    const { source, description } = await call('checkpoint/open', { path: ADAPTER });
    const header = await call('findings/read', { source, values: false });
    assert.deepEqual([header.read, header.findings], ['header', []]);
    const called = { progress: [], transferred: [] };
    const all = await call('findings/read', { source, values: true }, undefined, called);
    assert.deepEqual(
      all.findings.map(({ code, modules }) => [code, modules.length]),
      [['dead_B', description.lora.length]],
    );
    assert.ok(called.progress.length > 0);
  });

  it('reject for a source that is not open', async () => {
    await assert.rejects(call('findings/read', { source: 99, values: true }), CheckpointError);
  });
});
