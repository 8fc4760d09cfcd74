import { strict as assert } from 'node:assert';
import { DEFAULT_INPUTS } from '../../../../src/host/budgetInputs';
import { computeReport } from '../../../../src/planner/calculator/budgetReport';
import { reportAsCsv, reportAsMarkdown } from '../../../../src/planner/calculator/budgetText';

const GPT2 = { model_type: 'gpt2', vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12 };

describe('budget text', () => {
  it('makes a Markdown table with one row per method', () => {
    const text = reportAsMarkdown(computeReport(DEFAULT_INPUTS, { title: 'gpt2', config: GPT2 }));
    const table = text.split('\n').filter((line) => line.startsWith('|'));
    assert.equal(table.length, 7);
    assert.ok(
      table.every((line) => line.split('|').length === 7),
      text,
    );
    assert.match(text, /\| LoRA \| r = 8 on 12 modules \| 294,912 \| 0\.2364% \| 1\.18 MB \|/);
    assert.match(text, /^\| Method \| Setting \| Trainable parameters \| Trainable % \| File size \|$/m);
    assert.match(text, /Trainable % is PEFT's: .* all, the 124,439,808 of the model and those of the adapter\./);
  });

  it('makes CSV with plain numbers', () => {
    const lines = reportAsCsv(computeReport(DEFAULT_INPUTS, { title: 'gpt2', config: GPT2 })).split('\r\n');
    assert.equal(lines[0], 'model,basis,method,setting,trainable_parameters,trainable_percent,file_bytes');
    assert.match(lines[2] ?? '', /^gpt2,exact,LoRA,r = 8 on 12 modules,294912,0\.236\d+,118\d{4}$/);
    assert.equal(lines.length, 7);
  });

  it('lets no title from a file break out of a cell, a line or a spreadsheet', () => {
    const report = computeReport(DEFAULT_INPUTS, { title: '=cmd|"x"\n<b>`', config: GPT2 });
    const markdown = reportAsMarkdown(report);
    assert.ok(markdown.startsWith('**=cmd|"x" \\<b\\>\\`**'), markdown);
    assert.ok(reportAsCsv(report).split('\r\n')[1]?.startsWith('"\'=cmd|""x""\n<b>`",exact,'));
  });
});
