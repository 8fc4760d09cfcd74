import { strict as assert } from 'node:assert';
import { GPUS, gpuBytes } from '../../../src/budget/gpus';
import { ConfigError, BudgetError } from '../../../src/peftConfig/errors';
import { prepareModel } from '../../../src/budget/memory/prepare';
import { adviceFor, largestThatFits } from '../../../src/budget/memory/solver';
import { estimateTrainingMemory } from '../../../src/budget/memory/training';
import { PRESETS } from '../../../src/budget/presets';

const GIB = 2 ** 30;
const LORA = { peft_type: 'LORA', r: 8, target_modules: 'all-linear' };

const preset = (id: string): unknown => PRESETS.find((each) => each.id === id)?.config;

describe('what fits a GPU', () => {
  const first = PRESETS.find(({ config }) => config['model_type'] === 'llama');
  const table = prepareModel(first?.config);

  for (const vary of ['rank', 'microBatch', 'sequenceLength'] as const) {
    it(`finds the largest ${vary}: it fits, and one more does not`, () => {
      const setup = { sequenceLength: 512, microBatch: 1, gradientCheckpointing: true };
      const bytes = 1.3 * estimateTrainingMemory(table, LORA, setup).deviceBytes;
      const { largest, bytes: taken, bounded } = largestThatFits(table, LORA, setup, { vary, bytes });
      assert.ok(largest !== null && largest > 1);
      assert.equal(bounded, false);
      const at = (value: number): number =>
        vary === 'rank'
          ? estimateTrainingMemory(table, { ...LORA, r: value }, setup).deviceBytes
          : estimateTrainingMemory(table, LORA, { ...setup, [vary]: value }).deviceBytes;
      assert.equal(at(largest), taken);
      assert.ok(at(largest) <= bytes && at(largest + 1) > bytes);
    });
  }

  it('returns null if not even 1 fits', () => {
    assert.equal(largestThatFits(table, LORA, {}, { vary: 'microBatch', bytes: GIB / 2 }).largest, null);
  });

  it('stops at its bound on a device that holds everything', () => {
    const { largest, bounded } = largestThatFits(table, LORA, {}, { vary: 'rank', bytes: Number.MAX_SAFE_INTEGER });
    assert.equal(largest, 8192);
    assert.equal(bounded, true);
  });

  it('refuses to vary the rank of a method without one', () => {
    assert.throws(() => largestThatFits(table, null, {}, { vary: 'rank', bytes: GIB }), BudgetError);
    const prompt = { peft_type: 'PROMPT_TUNING', num_virtual_tokens: 8 };
    assert.throws(() => largestThatFits(table, prompt, {}, { vary: 'rank', bytes: GIB }), BudgetError);
  });

  it('advises changes that each save memory, until the setup fits', () => {
    const setup = { sequenceLength: 2048, microBatch: 8, precision: 'bf16' };
    const before = estimateTrainingMemory(table, LORA, setup).deviceBytes;
    const advice = adviceFor(table, LORA, setup, before / 4);
    assert.ok(advice.length > 0);
    let [last, changed] = [before, { ...setup }];
    for (const { change, bytes, saves, fits } of advice) {
      changed = { ...changed, ...change };
      assert.ok(bytes < last && saves > 0);
      assert.equal(estimateTrainingMemory(table, LORA, changed).deviceBytes, bytes);
      assert.equal(fits, bytes <= before / 4);
      last = bytes;
    }
    assert.equal(advice.at(-1)?.fits, true);
    assert.ok(advice.slice(0, -1).every(({ fits }) => !fits));
  });

  it('advises nothing if the setup fits, and never advises quantising trained weights', () => {
    assert.deepEqual(adviceFor(table, LORA, {}, Number.MAX_SAFE_INTEGER), []);
    const ids = adviceFor(table, null, { optimizer: 'adamw' }, GIB).map(({ id }) => id);
    assert.ok(!ids.includes('nf4') && !ids.includes('int8') && ids.includes('optimizer'));
  });
});

describe('the list of GPUs', () => {
  it('is sorted by memory, has unique ids, and gives at most the nominal size', () => {
    const sizes = GPUS.map(({ nominalGb }) => nominalGb);
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => a - b),
    );
    assert.equal(new Set(GPUS.map(({ id }) => id)).size, GPUS.length);
    for (const { bytes, nominalGb } of GPUS) assert.ok(bytes <= nominalGb * GIB && bytes > 0.7 * nominalGb * GIB);
  });

  it('gives the bytes for an id or a size', () => {
    assert.equal(gpuBytes('T4'), 15_360 * 2 ** 20);
    assert.equal(gpuBytes('24GB'), 24 * GIB);
    assert.equal(gpuBytes('7.5 GiB'), 7.5 * GIB);
    for (const text of ['', 'GB', '-1', '0', '1e9', 'x'.repeat(1000)]) assert.equal(gpuBytes(text), null);
  });
});

describe('a setup', () => {
  it('is refused if a setting does not accept its value', () => {
    for (const setup of [
      { precision: 'fp8' },
      { sequenceLength: 0 },
      { microBatch: 1.5 },
      { zeroStage: 4 },
      { gpus: NaN },
      null,
    ])
      assert.throws(() => estimateTrainingMemory(preset(PRESETS[0]?.id ?? ''), LORA, setup), ConfigError);
  });
});
