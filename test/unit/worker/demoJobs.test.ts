import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { MatrixRef } from '../../../src/protocol/matrix';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

const call = jobCaller();
const STEPS = 12;
const run = () => call('demo/run', { seed: 42, trainingSteps: STEPS });

describe('the demo as a source', () => {
  let source: number;
  let opened: Awaited<ReturnType<typeof run>>;
  before(async () => {
    opened = await run();
    ({ source } = opened);
  });
  after(() => call('source/close', { source }));
  const readTile = (matrix: MatrixRef) =>
    call('tile/read', { source, matrix, level: 0, tileX: 0, tileY: 0, reduction: 'maxAbs' });

  it('prints the text of the reference document', () => {
    const expected = readFileSync(fixturePath('golden', 'demo.txt'), 'utf8').trimEnd();
    const lines = (text: string): string[] => text.split('\n').map((line) => line.replace(/ +/g, ' ').trim());
    assert.deepEqual(lines(opened.text.trimEnd()), lines(expected));
  });

  it('names only tensors and steps that it can show', async () => {
    const { description } = opened;
    assert.deepEqual(description.problems, []);
    const trainings = description.trainings!;
    for (const { loss, recordedSteps, target, start } of Object.values(trainings)) {
      assert.equal(loss.length, STEPS + 1);
      assert.deepEqual(recordedSteps, trainings.lora.recordedSteps);
      assert.ok(target !== '' && /gradient/.test(start));
    }
    const names = new Set(description.tensors.map(({ name }) => name));
    assert.equal(names.size, description.tensors.length);
    for (const tensor of description.tensors) {
      if (tensor.gradient !== undefined) {
        const gradient = description.tensors.find(({ name }) => name === tensor.gradient)!;
        assert.deepEqual(gradient.shape, tensor.shape, tensor.name);
      }
      for (const step of tensor.stepped ? trainings[tensor.stepped].recordedSteps : [undefined]) {
        const tile = await readTile({ kind: 'tensor', name: tensor.name, ...(step !== undefined && { step }) });
        assert.equal(tile.width, Math.min(256, tensor.shape.at(-1)!), tensor.name);
        assert.ok(tile.values.every(Number.isFinite), tensor.name);
      }
    }
    const [lora] = description.lora;
    const [bottleneck] = description.bottlenecks;
    const [prefix] = description.prefixes;
    const [prompt] = description.prompts;
    const named = [
      lora!.a,
      lora!.b,
      lora!.weight!,
      bottleneck!.wDown,
      bottleneck!.wUp,
      ...Object.values(bottleneck!.activations!),
    ];
    for (const name of [...named, prefix!.attention!.name, prompt!.prompt, prompt!.sequence!.name])
      assert.ok(names.has(name), name);
    assert.equal(description.parameters, 4096 + 32_768 + 20_480 + 5120);
  });

  it('has a zero update before the first step and another one after the last', async () => {
    const norm = async (step?: number): Promise<number> =>
      (await call('lora/spectrum', { source, module: 'lora', ...(step !== undefined && { step }) })).norm;
    assert.equal(await norm(0), 0);
    assert.ok((await norm()) > 0);
    assert.equal(await norm(STEPS), await norm());
    const first = await readTile({ kind: 'delta', module: 'lora', step: 0 });
    assert.ok(first.values.every((value) => value === 0));
    await assert.rejects(norm(7.5), /step 7.5 was not recorded; recorded are 0, /);
  });

  it('merges W and the update', async () => {
    const request = { source, row: 17, column: 200 };
    const weight = await call('cell/read', { ...request, matrix: { kind: 'tensor', name: 'lora.W' } });
    const delta = await call('cell/read', { ...request, matrix: { kind: 'delta', module: 'lora' } });
    const merged = await call('cell/read', { ...request, matrix: { kind: 'merged', module: 'lora' } });
    assert.equal(merged.value, weight.value + delta.value);
    const tile = await readTile({ kind: 'merged', module: 'lora' });
    assert.equal(tile.values[17 * 256 + 200], Math.fround(merged.value));
    assert.ok(merged.row!.count === 256 && merged.column!.count === 256);
  });

  it('shows prefixes by layer and part, with their gradients', async () => {
    const whole = await call('tile/read', {
      source,
      matrix: { kind: 'tensor', name: 'prefix.prefix', slice: [3, 1, 9] },
      level: 0,
      tileX: 0,
      tileY: 0,
      reduction: 'mean',
    });
    const part = await readTile({ kind: 'prefix', module: 'prefix', layer: 3, part: 'value' });
    assert.deepEqual([part.width, part.height], [256, 10]);
    assert.deepEqual([...part.values.subarray(9 * 256)], [...whole.values]);
    const cell = await call('cell/read', {
      source,
      matrix: { kind: 'prefix', module: 'prefix', layer: 3, part: 'value' },
      row: 9,
      column: 33,
    });
    assert.deepEqual(cell.index, [3, 1, 9, 1, 1]);
    const gradient = await readTile({ kind: 'prefix', module: 'prefix', layer: 3, part: 'value', gradient: true });
    assert.notDeepEqual(gradient.values, part.values);
    const first = await readTile({ kind: 'prefix', module: 'prefix', layer: 3, part: 'value', step: 0 });
    assert.notDeepEqual(first.values, part.values);
    await assert.rejects(
      readTile({ kind: 'prefix', module: 'prefix', layer: 4, part: 'key' }),
      /no key prefix of layer 4/,
    );
  });

  it('is the same for the same seed', async () => {
    const again = await run();
    const matrix: MatrixRef = { kind: 'delta', module: 'lora' };
    const tile = await call('tile/read', {
      source: again.source,
      matrix,
      level: 1,
      tileX: 0,
      tileY: 0,
      reduction: 'mean',
    });
    const before = await call('tile/read', { source, matrix, level: 1, tileX: 0, tileY: 0, reduction: 'mean' });
    assert.deepEqual(tile.values, before.values);
    assert.deepEqual(again.description, opened.description);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    controller.abort(new Error('stop'));
    await assert.rejects(call('demo/run', { seed: 1, trainingSteps: 50 }, controller.signal), /stop/);
  });
});
