import { strict as assert } from 'node:assert';
import type { TensorSummary } from '../../../src/protocol/matrix';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

const call = jobCaller();

async function scanAll(path: string): Promise<{ rows: TensorSummary[]; names: string[]; source: number }> {
  const { source, description } = await call('checkpoint/open', { path });
  const rows: TensorSummary[] = [];
  for (let first: number | null = 0; first !== null;) {
    const part: { rows: readonly TensorSummary[]; next: number | null } = await call('tensors/scan', { source, first });
    rows.push(...part.rows);
    first = part.next;
  }
  return { rows, names: description.tensors.map(({ name }) => name), source };
}

describe('a scan of a whole checkpoint', () => {
  after(() => call.closeAll());

  it('summarises every tensor like the statistics of its matrix', async () => {
    const { rows, names, source } = await scanAll(fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'));
    assert.deepEqual(
      rows.map(({ index }) => index),
      names.map((_, i) => i),
    );
    for (const { index, failure, ...row } of rows) {
      assert.equal(failure, undefined);
      const {
        histogram: _,
        absQuantiles: __,
        sampled: ___,
        ...statistics
      } = await call('matrix/statistics', {
        source,
        matrix: { kind: 'tensor', name: names[index]! },
      });
      assert.deepEqual(row, statistics, names[index]);
    }
  });

  it('combines all slices of a tensor with three or four dimensions', async () => {
    const { rows, names } = await scanAll(fixturePath('peft_saved', 'conv_lora', 'adapter_model.safetensors'));
    const { description } = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'conv_lora', 'adapter_model.safetensors'),
    });
    const deep = description.tensors.filter(({ shape }) => shape.length > 2);
    assert.ok(deep.length > 0);
    for (const { name, shape } of deep) {
      assert.equal(
        rows[names.indexOf(name)]!.count,
        shape.reduce((product, size) => product * size, 1),
      );
    }
  });

  it('reads every dtype that can be shown, and gives the reason for the others', async () => {
    const { rows, names } = await scanAll(fixturePath('checkpoint', 'dtypes.safetensors'));
    assert.equal(rows.length, names.length);
    assert.ok(rows.some(({ nan }) => nan > 0) && rows.some(({ positiveInfinity }) => positiveInfinity > 0));
    const { description } = await call('checkpoint/open', { path: fixturePath('checkpoint', 'dtypes.safetensors') });
    for (const { failure, count, index } of rows) {
      const empty = description.tensors[index]!.shape.includes(0);
      assert.ok(empty || count > 0 !== (failure !== undefined), names[index]);
    }
  });

  it('refuses to start outside the list', async () => {
    const { source } = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'),
    });
    await assert.rejects(call('tensors/scan', { source, first: 10_000 }), {
      name: 'CheckpointError',
      code: 'NotFound',
    });
    await assert.rejects(call('tensors/scan', { source, first: -1 }), { code: 'NotFound' });
  });

  it('stops when it is cancelled', async () => {
    const { source } = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'),
    });
    await assert.rejects(call('tensors/scan', { source, first: 0 }, AbortSignal.abort()), { name: 'AbortError' });
  });
});
