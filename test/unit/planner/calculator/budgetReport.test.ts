import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { PRESETS } from '../../../../src/budget/presets';
import { DEFAULT_INPUTS, readInputs } from '../../../../src/host/budgetInputs';
import type { BudgetModel } from '../../../../src/planner/calculator/budgetReport';
import { computeReport } from '../../../../src/planner/calculator/budgetReport';
import { customModel } from '../../../../src/planner/calculator/customModel';
import type { BudgetInputs, BudgetReport, MethodBudget, MethodId } from '../../../../src/protocol/calculator';

const preset = (id: string): BudgetModel => {
  const found = PRESETS.find((each) => each.id === id);
  assert.ok(found);
  return found;
};

const row = (report: BudgetReport, method: MethodId): MethodBudget => {
  const found = report.methods.find((each) => each.method === method);
  assert.ok(found);
  return found;
};

const typed = (changes: Partial<BudgetInputs['method']>): BudgetInputs => ({
  ...DEFAULT_INPUTS,
  method: { ...DEFAULT_INPUTS.method, ...changes },
});

describe('budget report', () => {
  it("prints the reference document's comparison for the custom dimensions it uses", () => {
    const inputs: BudgetInputs = { ...DEFAULT_INPUTS, basis: 'reference' };
    const report = computeReport(inputs, customModel(inputs));
    const printed = report.methods.map(({ parametersText, shareText }) => [parametersText, shareText.replace(' ', '')]);
    assert.deepEqual(printed, [
      ['2,147,483,648', '100.0000%'],
      ['4,194,304', '0.1953%'],
      ['33,554,432', '1.5625%'],
      ['2,621,440', '0.1221%'],
      ['81,920', '0.0038%'],
    ]);
    assert.match(report.shareNote, /2,147,483,648 attention weights/);
  });

  it("counts on the exact shapes of the chosen model, with PEFT's percentage and no other", () => {
    const report = computeReport(DEFAULT_INPUTS, preset('llama-3-8b'));
    assert.equal(row(report, 'lora').parameters, 3_407_872);
    assert.equal(row(report, 'lora').share, 3_407_872 / (8_030_261_248 + 3_407_872));
    assert.equal(row(report, 'lora').shareText, '0.0424%');
    assert.equal(report.shareTitle, 'Trainable %');
    assert.equal(row(report, 'prefix').parameters, 10 * 32 * 2 * 1024);
    assert.equal(report.scaling, 'scaling 2 = alpha / rank');
  });

  it('marks each invalid field with a sentence and keeps counting the other methods', () => {
    const report = computeReport(typed({ rank: '0', promptLength: 'twenty' }), preset('gpt2'));
    assert.deepEqual(
      report.errors.map(({ field }) => field),
      ['rank', 'promptLength'],
    );
    assert.match(report.errors[0]?.message ?? '', /Rank: expected a whole number from 1 to 65,536/);
    assert.equal(row(report, 'lora').parameters, null);
    assert.equal(row(report, 'prompt').parameters, null);
    assert.equal(row(report, 'adapters').parameters, 12 * 2 * 2 * 768 * 64);
    assert.equal(report.scaling, '');
  });

  it('offers the targets of the architecture, chosen as PEFT would by default', () => {
    const report = computeReport(DEFAULT_INPUTS, preset('gpt2'));
    assert.deepEqual(
      report.targets.map(({ name, chosen }) => [name, chosen]),
      [
        ['c_attn', true],
        ['attn.c_proj', false],
        ['c_fc', false],
        ['mlp.c_proj', false],
      ],
    );
    assert.equal(report.targets[0]?.description, 'c_attn: 12 modules, 768 to 2,304');
  });

  it('counts the targets that were chosen for the architecture, and asks for one if none is', () => {
    const chosen = (names: readonly string[]): BudgetReport =>
      computeReport({ ...DEFAULT_INPUTS, targets: [['llama', names]] }, preset('llama-3-8b'));
    assert.equal(row(chosen(['k_proj']), 'lora').parameters, 32 * 8 * (4096 + 1024));
    const none = chosen([]);
    assert.deepEqual(
      none.errors.map(({ field }) => field),
      ['targets'],
    );
    assert.equal(row(none, 'lora').parameters, null);
  });

  it('describes growth that gives the exact count at any setting', () => {
    for (const basis of ['exact', 'reference'] as const) {
      const at = (value: string): BudgetReport => {
        const inputs = {
          ...typed({ rank: value, bottleneckDim: value, prefixLength: value, promptLength: value }),
          basis,
        };
        return computeReport(inputs, preset('mistral-7b'));
      };
      const report = at('37');
      assert.equal(report.growth.length, 4);
      for (const line of report.growth) {
        assert.equal(line.current, 37);
        assert.equal(line.constant + line.perUnit * 37, row(report, line.method).parameters, `${basis} ${line.method}`);
      }
    }
  });

  it('counts what needs no modules if the architecture has no table, and says what it cannot count', () => {
    const config = { model_type: 'made_up', hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4 };
    const report = computeReport(DEFAULT_INPUTS, { title: 'made up', config });
    assert.equal(row(report, 'prompt').parameters, 20 * 64);
    assert.equal(row(report, 'prompt').share, null);
    assert.equal(row(report, 'lora').parameters, null);
    assert.match(report.errors[0]?.message ?? '', /no module table for model_type 'made_up'/);
    const reference = computeReport({ ...DEFAULT_INPUTS, basis: 'reference' }, { title: 'made up', config });
    assert.equal(row(reference, 'lora').parameters, 2 * 2 * 8 * 128);
    assert.deepEqual(reference.errors, []);
  });

  it('names the key of a config.json that cannot be used', () => {
    const report = computeReport(DEFAULT_INPUTS, {
      title: 'broken',
      config: { model_type: 'llama', hidden_size: 'wide' },
    });
    assert.deepEqual(
      report.errors.map(({ field }) => field),
      ['model'],
    );
    assert.match(report.errors[0]?.message ?? '', /'hidden_size': got "wide"/);
    assert.ok(report.methods.every(({ parameters }) => parameters === null));
  });

  it('marks invalid custom sizes, except those that the reference formulas do not use', () => {
    const inputs: BudgetInputs = {
      ...DEFAULT_INPUTS,
      custom: { ...DEFAULT_INPUTS.custom, numHeads: '5000', vocabSize: '' },
    };
    const fields = (each: BudgetInputs): string[] =>
      computeReport(each, customModel(each)).errors.map(({ field }) => field);
    assert.deepEqual(fields(inputs), ['vocabSize', 'numHeads']);
    assert.deepEqual(fields({ ...inputs, basis: 'reference' }), ['numHeads']);
  });

  it('reads stored inputs of any kind without losing what is valid', () => {
    assert.deepEqual(readInputs(undefined), DEFAULT_INPUTS);
    const kept = readInputs({
      model: 'preset:gpt2',
      method: { rank: '32', alpha: 7 },
      targets: [['gpt2', ['c_fc']], 'x', [1, 2]],
    });
    assert.equal(kept.model, 'preset:gpt2');
    assert.equal(kept.method.rank, '32');
    assert.equal(kept.method.alpha, '16');
    assert.deepEqual(kept.targets, [['gpt2', ['c_fc']]]);
  });

  it('agrees with the demo text of the reference document', () => {
    const demo = readFileSync(path.join(process.cwd(), 'test/fixtures/golden/demo.txt'), 'utf8');
    const inputs: BudgetInputs = { ...DEFAULT_INPUTS, basis: 'reference' };
    for (const { parametersText, shareText } of computeReport(inputs, customModel(inputs)).methods) {
      assert.ok(new RegExp(`\\b${parametersText}\\s+${shareText.replace(' ', '')}`).test(demo), parametersText);
    }
  });
});
