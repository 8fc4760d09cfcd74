import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { computeBudget } from '../../../../src/budget/computeBudget';
import { METHOD_KEYS } from '../../../../src/peftConfig/methodKeys';
import { PRESETS } from '../../../../src/budget/presets';
import type { PlanInputs, PlanReport } from '../../../../src/protocol/plan';
import { planChoices } from '../../../../src/planner/plan/planChoices';
import { planConfig, planFit, planReport } from '../../../../src/planner/plan/planReport';
import { planSweep } from '../../../../src/planner/plan/planSweep';
import { pythonCode } from '../../../../src/planner/plan/pythonCode';
import { paretoFront } from '../../../../webview-ui/comparison/paretoFront';

const model = PRESETS.find(({ id }) => id === 'llama-2-7b')!;
const inputs: PlanInputs = {
  peftType: 'LORA',
  values: [],
  targets: [],
  purpose: 'training',
  setup: [],
  inference: [],
  gpu: 'rtx-4090',
  claim: '',
};

const BERT = {
  model_type: 'bert',
  vocab_size: 1000,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 128,
};
const T5 = {
  model_type: 't5',
  architectures: ['T5ForConditionalGeneration'],
  vocab_size: 1000,
  d_model: 64,
  d_kv: 16,
  num_heads: 4,
  d_ff: 128,
  num_layers: 2,
};

describe('a plan', () => {
  it('counts what computeBudget counts for its config', () => {
    const typed = {
      ...inputs,
      values: [
        ['r', '16'],
        ['use_dora', 'true'],
      ] as const,
      targets: ['q_proj', 'down_proj'],
    };
    const { counts, targets, problem } = planReport(typed, model);
    assert.equal(problem, null);
    const expected = computeBudget(model.config, {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      r: 16,
      use_dora: true,
      target_modules: ['q_proj', 'down_proj'],
    });
    assert.deepEqual(counts, {
      trainable: expected.trainable,
      all: expected.all,
      percent: expected.percent,
      fileBytes: expected.fileBytes,
    });
    const adapted = targets.filter((row) => row.adapted > 0);
    assert.deepEqual(
      adapted.map(({ end, adapted: count }) => [end, count]),
      [
        ['q_proj', 32],
        ['down_proj', 32],
      ],
    );
    assert.equal(
      adapted.reduce((sum, { trainable }) => sum + trainable, 0),
      expected.trainable,
    );
  });

  it('has memory whose terms add up, and says what fits or what to change', () => {
    const { memory } = planReport(inputs, model);
    assert.ok(memory && memory.gpuBytes);
    assert.equal(
      memory.terms.reduce((sum, { bytes }) => sum + bytes, 0),
      memory.deviceBytes,
    );
    const tight = planReport({ ...inputs, gpu: 't4' }, model).memory!;
    assert.ok(tight.deviceBytes > tight.gpuBytes! && planFit({ ...inputs, gpu: 't4' }, model).advice.length > 0);
    const roomy = planFit({ ...inputs, gpu: 'h200' }, model);
    assert.deepEqual(roomy.advice, []);
    assert.deepEqual(
      roomy.fits.map((line) => line.replace(/ [\d,]+.*/, '')),
      ['rank', 'micro-batch', 'sequence length'],
    );
    assert.deepEqual(planFit({ ...inputs, gpu: '' }, model), { fits: [], advice: [] });
    assert.ok(tight.terms.every(({ formula }) => formula !== ''));
  });

  it('reports a fault, with the key of the field at fault, instead of throwing', () => {
    const problemOf = (changes: Partial<PlanInputs>): PlanReport['problem'] =>
      planReport({ ...inputs, ...changes }, model).problem;
    assert.equal(problemOf({ values: [['r', '0']] })?.key, 'r');
    assert.equal(problemOf({ values: [['r', 'many']] })?.key, 'r');
    assert.equal(problemOf({ values: [['layers_to_transform', 'x']] })?.key, 'layers_to_transform');
    assert.equal(problemOf({ targets: ['no_such_module'] })?.key, null);
    assert.equal(problemOf({ peftType: 'NO_SUCH' })?.key, null);
    assert.equal(
      planReport({ ...inputs, setup: [['sequenceLength', '-1']] }, model).memoryProblem?.key,
      'sequenceLength',
    );
  });

  it('offers every method, and estimates most of them with their defaults', () => {
    assert.deepEqual(
      planChoices().methods.map(({ peftType }) => peftType),
      Object.keys(METHOD_KEYS),
    );
    const { methods, ranks } = planSweep(inputs, model);
    assert.ok(methods.length > 20, `${methods.length} methods`);
    assert.deepEqual(
      ranks.map(({ rank }) => rank),
      [1, 2, 4, 8, 16, 32, 64, 128, 256],
    );
    for (let i = 1; i < ranks.length; i++)
      assert.ok(ranks[i]!.trainable > ranks[i - 1]!.trainable && ranks[i]!.bytes >= ranks[i - 1]!.bytes);
  });

  it("takes the task from the model's class, and has no task if the class has none", () => {
    const on = (architectures: string[], more: object): PlanReport =>
      planReport(inputs, { title: 'x', config: { ...BERT, architectures, ...more } });
    assert.match(on(['BertForSequenceClassification'], {}).python, /task_type="SEQ_CLS"/);
    assert.match(on(['BertForTokenClassification'], {}).python, /task_type="TOKEN_CLS"/);
    assert.doesNotMatch(on(['BertForMaskedLM'], {}).python, /task_type/);
    assert.match(planReport(inputs, { title: 't5', config: T5 }).python, /task_type="SEQ_2_SEQ_LM"/);
    assert.match(planReport(inputs, model).python, /task_type="CAUSAL_LM"/);
  });

  it('counts every method with the start values of its fields, except those that need weights', () => {
    const uncounted = planChoices().methods.filter(({ peftType, fields }) => {
      const values = fields.flatMap(({ key, start }): [string, string][] => (start === '' ? [] : [[key, start]]));
      return planReport({ ...inputs, peftType, values }, model).problem !== null;
    });
    assert.deepEqual(
      uncounted.map(({ peftType }) => peftType),
      ['ADAMSS', 'XLORA'],
    );
  });

  it('distinguishes modules with the same last name by a longer suffix', () => {
    const gpt2 = PRESETS.find(({ config }) => config['model_type'] === 'gpt2')!;
    const ends = planReport(inputs, gpt2).targets.map(({ end }) => end);
    assert.ok(ends.includes('attn.c_proj') && ends.includes('mlp.c_proj') && ends.includes('c_attn'));
    const { counts, targets } = planReport({ ...inputs, targets: ['mlp.c_proj'] }, gpt2);
    assert.deepEqual(
      targets.filter(({ adapted }) => adapted > 0).map(({ end }) => end),
      ['mlp.c_proj'],
    );
    assert.ok(counts && counts.trainable > 0);
  });

  it('takes lists of names and of layers', () => {
    const values = [
      ['layers_to_transform', '0, 1'],
      ['modules_to_save', 'lm_head'],
      ['bias', 'lora_only'],
    ] as const;
    const { configText, counts, problem } = planReport({ ...inputs, values, targets: ['q_proj'] }, model);
    const config = JSON.parse(configText) as Record<string, unknown>;
    assert.equal(problem, null);
    assert.deepEqual(config['layers_to_transform'], [0, 1]);
    assert.deepEqual(config['modules_to_save'], ['lm_head']);
    assert.equal(counts?.trainable, 2 * 8 * (4096 + 4096) + 32_000 * 4096);
  });

  it('estimates inference with its cache, divided over its GPUs', () => {
    const asked = {
      ...inputs,
      purpose: 'inference' as const,
      inference: [
        ['contextLength', '2048'],
        ['batch', '4'],
      ] as const,
    };
    const { memory } = planReport(asked, model);
    assert.equal(memory?.terms.find(({ id }) => id === 'cache')?.bytes, 4 * 2048 * 32 * 2 * 4096 * 2);
    assert.deepEqual(memory?.phases, []);
    assert.deepEqual(planFit(asked, model), { fits: [], advice: [] });
    assert.notEqual(planReport({ ...asked, inference: [['batch', '0']] }, model).memoryProblem, null);
  });

  it('names the peak of a training step, and the other phases', () => {
    const { memory } = planReport(inputs, model);
    assert.equal(Math.max(...memory!.phases.map(({ bytes }) => bytes)), memory!.deviceBytes);
    assert.deepEqual(
      memory!.phases.map(({ label }) => label),
      ['Loss', 'Backward pass of a block', 'End of the backward pass', "Optimiser's step"],
    );
  });

  it('names the other model that a claim fits', () => {
    const small = PRESETS.find(({ id }) => id !== model.id)!;
    const claim = 'trainable params: 19988480 || all params: 6758404096 || trainable%: 0.29575738';
    const other = planReport({ ...inputs, claim }, small, PRESETS).claim!;
    assert.ok(
      other.lines.some((line) => line.includes('Llama-2-7B with r = 8 on all linear layers')),
      other.lines.join('\n'),
    );
    assert.ok(
      planReport({ ...inputs, claim }, model, PRESETS).claim!.lines.some((line) =>
        line.includes('r = 8 on all linear layers'),
      ),
    );
  });

  it('has no method on its Pareto front that another one beats', () => {
    const { methods } = planSweep(inputs, model);
    const front = paretoFront(methods);
    assert.ok(front.length > 1);
    for (const point of front)
      assert.ok(
        !methods.some(({ bytes, trainable }) => bytes < point.bytes && trainable > point.trainable),
        point.label,
      );
  });
});

describe('a config as Python', () => {
  it('is the call of its class, without arguments that have their default', () => {
    const code = pythonCode({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      r: 16,
      lora_alpha: 8,
      use_dora: true,
      target_modules: ['q_proj', 'v_proj'],
    });
    assert.equal(
      code,
      'from peft import LoraConfig, get_peft_model\n\nconfig = LoraConfig(\n    task_type="CAUSAL_LM",\n    r=16,\n    target_modules=["q_proj", "v_proj"],\n    use_dora=True,\n)\nmodel = get_peft_model(model, config)\n',
    );
  });

  it('is what Python reads back as the same values, for hostile text too', function () {
    const python = spawnSync('python3', ['-c', 'pass']).status === 0;
    if (!python) {
      console.log('      left out: there is no python3');
      return this.skip();
    }
    const values = ['a"b\\c', "it's", 'line\nbreak', '\u2028', '\u202e', '\u{1f600}', '\u007f', '\\N{BELL}', '{x}'];
    const code = pythonCode({
      peft_type: 'LORA',
      target_modules: values,
      rank_pattern: { 'q"': 4 },
      use_rslora: true,
      lora_alpha: 0.5,
    });
    const script =
      'import ast,json,sys\ncall=ast.parse(sys.stdin.buffer.read().decode()).body[1].value\nprint(json.dumps({k.arg:ast.literal_eval(k.value) for k in call.keywords}))';
    const { stdout } = spawnSync('python3', ['-c', script], { input: code, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout), {
      target_modules: values,
      rank_pattern: { 'q"': 4 },
      use_rslora: true,
      lora_alpha: 0.5,
    });
  });

  it('exists for every offered method, or is empty', () => {
    for (const { peftType } of planChoices().methods) {
      const { python } = planReport({ ...inputs, peftType }, model);
      if (python !== '') assert.match(python, /^from peft import \w+, get_peft_model\n\nconfig = \w+\(/, peftType);
    }
    assert.equal(planConfig({ ...inputs, targets: ['all-linear'] }, null)['target_modules'], 'all-linear');
  });
});
