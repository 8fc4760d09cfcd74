import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { computeBudget } from '../../../../src/budget/computeBudget';
import { METHOD_KEYS } from '../../../../src/budget/peftConfig/methodKeys';
import { PRESETS } from '../../../../src/budget/presets';
import type { PlanInputs } from '../../../../src/protocol/plan';
import { planChoices } from '../../../../src/worker/planner/planChoices';
import { planConfig, planFit, planReport } from '../../../../src/worker/planner/planReport';
import { planSweep } from '../../../../src/worker/planner/planSweep';
import { pythonCode } from '../../../../src/worker/planner/pythonCode';
import { paretoFront } from '../../../../webview-ui/comparison/scatter';

const model = PRESETS.find(({ id }) => id === 'llama-2-7b')!;
const inputs: PlanInputs = { peftType: 'LORA', values: [], targets: [], purpose: 'training', setup: [], inference: [], gpu: 'rtx-4090', claim: '' };

describe('a plan', () => {
  it('counts what computeBudget counts for the config it stands for', () => {
    const typed = { ...inputs, values: [['r', '16'], ['use_dora', 'true']] as const, targets: ['q_proj', 'down_proj'] };
    const { counts, targets, problem } = planReport(typed, model);
    assert.equal(problem, '');
    const expected = computeBudget(model.config, { peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 16, use_dora: true, target_modules: ['q_proj', 'down_proj'] });
    assert.deepEqual(counts, { trainable: expected.trainable, all: expected.all, percent: expected.percent, fileBytes: expected.fileBytes });
    const adapted = targets.filter((row) => row.adapted > 0);
    assert.deepEqual(adapted.map(({ end, adapted: count }) => [end, count]), [['q_proj', 32], ['down_proj', 32]]);
    assert.equal(adapted.reduce((sum, { trainable }) => sum + trainable, 0), expected.trainable);
  });

  it('has memory whose terms add up, and says what fits or what to change', () => {
    const { memory } = planReport(inputs, model);
    assert.ok(memory && memory.gpuBytes);
    assert.equal(memory.terms.reduce((sum, { bytes }) => sum + bytes, 0), memory.deviceBytes);
    const tight = planReport({ ...inputs, gpu: 't4' }, model).memory!;
    assert.ok(tight.deviceBytes > tight.gpuBytes! && planFit({ ...inputs, gpu: 't4' }, model).advice.length > 0);
    const roomy = planFit({ ...inputs, gpu: 'h200' }, model);
    assert.deepEqual(roomy.advice, []);
    assert.deepEqual(roomy.fits.map((line) => line.replace(/ [\d,]+.*/, '')), ['rank', 'micro-batch', 'sequence length']);
    assert.deepEqual(planFit({ ...inputs, gpu: '' }, model), { fits: [], advice: [] });
    assert.ok(tight.terms.every(({ formula }) => formula !== ''));
  });

  it('says what is wrong instead of throwing', () => {
    assert.notEqual(planReport({ ...inputs, values: [['r', '0']] }, model).problem, '');
    assert.notEqual(planReport({ ...inputs, values: [['r', 'many']] }, model).problem, '');
    assert.notEqual(planReport({ ...inputs, targets: ['no_such_module'] }, model).problem, '');
    assert.notEqual(planReport({ ...inputs, peftType: 'NO_SUCH' }, model).problem, '');
    assert.notEqual(planReport({ ...inputs, setup: [['sequenceLength', '-1']] }, model).memoryProblem, '');
  });

  it('offers every method, and counts most of them with their defaults', () => {
    assert.deepEqual(planChoices().methods.map(({ peftType }) => peftType), Object.keys(METHOD_KEYS));
    const { methods, ranks } = planSweep(inputs, model);
    assert.ok(methods.length > 20, `${methods.length} methods`);
    assert.deepEqual(ranks.map(({ rank }) => rank), [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    for (let i = 1; i < ranks.length; i++) assert.ok(ranks[i]!.trainable > ranks[i - 1]!.trainable && ranks[i]!.bytes >= ranks[i - 1]!.bytes);
  });

  it('has on its front no method that another one beats', () => {
    const { methods } = planSweep(inputs, model);
    const front = paretoFront(methods);
    assert.ok(front.length > 1);
    for (const point of front) assert.ok(!methods.some(({ bytes, trainable }) => bytes < point.bytes && trainable > point.trainable), point.label);
  });
});

describe('a config as Python', () => {
  it('is the call of its class, arguments that have the default left out', () => {
    const code = pythonCode({ peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 16, lora_alpha: 8, use_dora: true, target_modules: ['q_proj', 'v_proj'] });
    assert.equal(code, 'from peft import LoraConfig, get_peft_model\n\nconfig = LoraConfig(\n    task_type="CAUSAL_LM",\n    r=16,\n    target_modules=["q_proj", "v_proj"],\n    use_dora=True,\n)\nmodel = get_peft_model(model, config)\n');
  });

  it('is what Python reads back as the same values, for hostile text too', function () {
    const python = spawnSync('python3', ['-c', 'pass']).status === 0;
    if (!python) {
      console.log('      left out: there is no python3');
      return this.skip();
    }
    const values = ['a"b\\c', "it's", 'line\nbreak', '\u2028', '\u202e', '\u{1f600}', '\u007f', '\\N{BELL}', '{x}'];
    const code = pythonCode({ peft_type: 'LORA', target_modules: values, rank_pattern: { 'q"': 4 }, use_rslora: true, lora_alpha: 0.5 });
    const script = 'import ast,json,sys\ncall=ast.parse(sys.stdin.buffer.read().decode()).body[1].value\nprint(json.dumps({k.arg:ast.literal_eval(k.value) for k in call.keywords}))';
    const { stdout } = spawnSync('python3', ['-c', script], { input: code, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout), { target_modules: values, rank_pattern: { 'q"': 4 }, use_rslora: true, lora_alpha: 0.5 });
  });

  it('exists for every method that is offered, or is left out', () => {
    for (const { peftType } of planChoices().methods) {
      const { python } = planReport({ ...inputs, peftType }, model);
      if (python !== '') assert.match(python, /^from peft import \w+, get_peft_model\n\nconfig = \w+\(/, peftType);
    }
    assert.equal(planConfig({ ...inputs, targets: ['all-linear'] }, null)['target_modules'], 'all-linear');
  });
});
