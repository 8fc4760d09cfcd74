import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DEFAULT_INPUTS } from '../../../src/host/budgetInputs';
import { reportAsCsv, reportAsMarkdown } from '../../../src/planner/calculator/budgetText';
import { readPlan } from '../../../src/host/planInputs';
import type { LocalText } from '../../../src/protocol/localText';
import { runCaptured } from '../cli/runCaptured';
import { NOWHERE, plannerCaller } from '../planner/plannerCaller';

/** An organisation that is not known to copy models, so the preset of this name only stands in for its model. */
const ASKED = 'me/Qwen3-4B';
const SAID = 'Qwen3-4B, standing in for me/Qwen3-4B';
const CONFIG = { peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 8, base_model_name_or_path: ASKED };

/** A count, a share or a size, as surfaces write them. */
const FIGURE = /\d{1,3}(,\d{3})+|\d%|\d (kB|MB|GB)|GiB/;

describe('a figure for a stand-in', () => {
  const call = plannerCaller();
  const said = ({ message, args }: LocalText): string =>
    message.replace(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));
  /** The lines with figures, of which there must be some, that do not name the stand-in. */
  const silent = (lines: readonly string[]): readonly string[] => {
    const figures = lines.filter((line) => FIGURE.test(line));
    assert.ok(figures.length > 0, lines.join('\n'));
    return figures.filter((line) => !line.includes(SAID));
  };

  const program = {
    ...NOWHERE,
    parts: [
      {
        text: `from peft import LoraConfig, get_peft_model\nm = AutoModel.from_pretrained("${ASKED}")\nc = LoraConfig(r=8)\nget_peft_model(m, c)`,
        notebookCell: false,
      },
    ],
    calculator: { inputs: DEFAULT_INPUTS, model: { kind: 'preset', id: 'llama-2-7b' } },
  } as const;

  it('says so over the config and over get_peft_model in Python', async () => {
    const lenses = await call('python/lenses', program);
    assert.equal(lenses.length, 2);
    assert.deepEqual(silent(lenses.map(({ title }) => said(title))), []);
    assert.deepEqual(
      lenses.map(({ comparison }) => comparison?.standsInFor),
      [ASKED, ASKED],
    );
  });

  it('says so in the hover in Python', async () => {
    const offset = program.parts[0].text.indexOf('LoraConfig(');
    const markdown = (await call('python/hover', { ...program, part: 0, offset }))?.markdown ?? '';
    // The table below the count lists its modules.
    assert.deepEqual(silent([markdown.split('\n\n').find((text) => text.includes('trainable parameters'))!]), []);
  });

  it('says so in the lens and the hovers of adapter_config.json, and in the field of the analysis', async () => {
    const text = JSON.stringify(CONFIG);
    const document = { ...NOWHERE, text, weights: null };
    const { budget } = (await call('config/analyse', document))!;
    assert.deepEqual([budget.modelTitle, budget.standsInFor], [SAID, ASKED]);
    const markdown = (await call('config/hover', { ...document, offset: text.indexOf('"r"') + 1 }))!.markdown;
    assert.deepEqual(silent(markdown.split('\n\n').filter((each) => each.includes('trainable parameters'))), []);
  });

  it('says so in every row of the calculator and the comparison, and in what they copy', async () => {
    const inputs = { ...DEFAULT_INPUTS, model: 'preset:qwen3-4b', standsInFor: ASKED };
    const model = { kind: 'preset', id: 'qwen3-4b' } as const;
    const report = await call('budget/report', { inputs, model });
    assert.equal(report.modelTitle, SAID);
    assert.deepEqual(silent(report.methods.map(({ parametersText, detail }) => `${parametersText} ${detail}`)), []);
    const isRow = (line: string): boolean => line.startsWith('|');
    assert.deepEqual(silent(reportAsMarkdown(report).split('\n').filter(isRow)), []);
    for (const line of reportAsCsv(report).trim().split('\r\n').slice(1)) assert.ok(line.includes(SAID), line);
  });

  it('says so in the plan, for its counts and its memory', async () => {
    const inputs = { ...DEFAULT_INPUTS, standsInFor: ASKED };
    const question = { plan: readPlan(null), inputs, model: { kind: 'preset', id: 'qwen3-4b' } } as const;
    const { plan } = await call('calculator/compute', { ...question, budget: false });
    assert.deepEqual([plan.modelTitle, plan.standIn], [SAID, ` · on ${SAID}`]);
    const chosen = await call('calculator/compute', { ...question, inputs: DEFAULT_INPUTS, budget: false });
    assert.equal(chosen.plan.standIn, '');
  });

  it('says so on the command line, in text and in JSON', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'stand-ins-'));
    const adapter = path.join(folder, 'adapter_config.json');
    writeFileSync(adapter, JSON.stringify(CONFIG));
    try {
      for (const command of ['budget', 'memory']) {
        const args = [command, '--model', ASKED, '--adapter', adapter];
        const [{ stdout: text }, { stdout: json }] = await Promise.all([
          runCaptured(args),
          runCaptured([...args, '--json']),
        ]);
        const total = text!.split('\n').filter((line) => /^(trainable params|Total)/.test(line));
        assert.deepEqual(silent(total), [], command);
        const { model } = JSON.parse(json!) as { readonly model: unknown };
        assert.deepEqual(model, { title: 'Qwen3-4B', standsInFor: ASKED });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not marked if the model was found', async () => {
    const text = JSON.stringify({ ...CONFIG, base_model_name_or_path: 'Qwen/Qwen3-4B' });
    const { budget } = (await call('config/analyse', { ...NOWHERE, text, weights: null }))!;
    assert.deepEqual([budget.modelTitle, budget.standsInFor], ['Qwen3-4B', null]);
  });
});
