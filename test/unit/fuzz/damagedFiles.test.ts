import { strict as assert } from 'node:assert';
import { seededRandom } from '../../../src/tensor/random';
import { judge } from '../../fuzz/kind';
import { fileCase, MAX_BYTES } from '../../fuzz/kinds/files';
import { NAMES } from '../../fuzz/mutate';
import { ggufFields, mutateGguf } from '../../fuzz/mutateGguf';
import { fixtureCases } from '../../fuzz/seeds';
import { tryCase } from '../../fuzz/trial';
import { fileOf, tensorField } from '../checkpoint/fixtures';

const SEED = 20;

describe('damaged files', () => {
  const seeds = fixtureCases();

  it('cut at any byte show the tensors that are complete', async () => {
    const whole = fileOf({ a: tensorField('F32', [2, 2], 0, 16), b: tensorField('F32', [3], 16, 28) }, 28);
    for (let cut = 0; cut < whole.length; cut++) {
      const outcome = await tryCase({ name: 'x.safetensors', bytes: whole.slice(0, cut), beside: new Map() });
      if (cut < whole.length - 28) {
        assert.ok('refused' in outcome, `cut at ${cut}`);
        continue;
      }
      assert.ok('opened' in outcome, `cut at ${cut}`);
      const { tensors, problems } = outcome.opened;
      assert.deepEqual(
        tensors.map(({ readable }) => readable),
        [cut >= whole.length - 12, false],
        `cut at ${cut}`,
      );
      assert.ok(problems.length > 0);
    }
  });

  it('with harmful names are opened with the names unchanged', async () => {
    const names = NAMES.filter((name) => !/\p{Surrogate}/u.test(name));
    const header = names.map(
      (name, i) => `${JSON.stringify(name)}:{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
    );
    const bytes = fileOf(`{${header.join(',')}}`, names.length);
    const outcome = await tryCase({ name: 'x.safetensors', bytes, beside: new Map() });
    assert.ok('opened' in outcome);
    assert.deepEqual(outcome.opened.tensors.map(({ name }) => name).sort(), [...names].sort());
    assert.equal(({} as Record<string, unknown>)['dtype'], undefined);
  });

  it('in GGUF format have every number of their header mutated', () => {
    const seed = seeds.find(({ name }) => name === 'adapter.gguf')!;
    const fields = ggufFields(seed.bytes);
    const view = new DataView(seed.bytes.buffer, seed.bytes.byteOffset);
    // Version and counts; then, after the metadata, each tensor's name length, dimensions, type and offset.
    assert.deepEqual(fields.slice(0, 3), [
      { at: 4, width: 4 },
      { at: 8, width: 8 },
      { at: 16, width: 8 },
    ]);
    const tensors = Number(view.getBigUint64(8, true));
    const last = fields.slice(-6);
    assert.deepEqual(
      last.map(({ width }) => width),
      [8, 4, 8, 8, 4, 8],
    );
    assert.equal(view.getUint32(last[1]!.at, true), 2);
    assert.ok(fields.length > 3 + 6 * tensors);
    const random = seededRandom(SEED);
    for (let i = 0; i < 50; i++) assert.equal(mutateGguf(random, seed.bytes).length, seed.bytes.length);
  });

  it('that claim terabytes do not allocate them', async () => {
    const huge = 2 ** 45;
    const bytes = fileOf({
      'x.lora_A.weight': tensorField('F32', [8, huge / 32], 0, huge),
      'x.lora_B.weight': tensorField('F32', [huge / 32, 8], huge, 2 * huge),
    });
    const given = fileCase({ name: 'x.safetensors', bytes, beside: new Map() });
    const { outcome, fault } = await judge(given, MAX_BYTES);
    assert.deepEqual({ outcome, fault }, { outcome: 'opened with problems', fault: null });
    assert.ok(bytes.length < MAX_BYTES);
  });
});
