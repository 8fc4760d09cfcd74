import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { FUSED_CONVERSIONS } from '../../../src/budget/architectures/fusedConversions';
import { computeBudget } from '../../../src/budget/computeBudget';
import { BudgetError } from '../../../src/peftConfig/errors';

/** Written by scripts/peftCounts.py from PEFT's own counts. */
interface Count {
  readonly model: Readonly<Record<string, unknown>>;
  readonly adapter: Readonly<Record<string, unknown>>;
  readonly trainable?: number;
  readonly all?: number;
  readonly refused?: string;
}

const counts = JSON.parse(readFileSync('test/fixtures/golden/peft_counts.json', 'utf8')) as readonly Count[];
const named = ({ peft_type: _, task_type: __, r: ___, lora_alpha: ____, ...rest }: Count['adapter']) =>
  JSON.stringify(rest);

/** Starting PEFT and building the models takes most of a minute. */
const ORACLE_MS = 600_000;

describe('small models, counted', () => {
  for (const { model, adapter, trainable, all, refused } of counts) {
    const tie = model['tie_word_embeddings'] === true ? ' with a tied head' : '';
    const what = `${String(model['model_type'])}${tie} and ${named(adapter)}`;
    if (refused === undefined)
      it(`have PEFT's figures for ${what}`, () => {
        const budget = computeBudget(model, adapter);
        assert.deepEqual([budget.trainable, budget.all], [trainable, all]);
      });
    else
      it(`are refused as PEFT refuses ${what}`, () => {
        assert.throws(() => computeBudget(model, adapter), BudgetError);
      });
  }

  const python = process.env['PEFT_ORACLE_PYTHON'];
  it("have the figures of the PEFT that PEFT_ORACLE_PYTHON runs, and its table of fused experts' names", function () {
    if (python === undefined) {
      console.log('      left out: PEFT_ORACLE_PYTHON names no Python with torch, transformers and peft');
      return this.skip();
    }
    this.timeout(ORACLE_MS);
    const run = (script: string): unknown =>
      JSON.parse(execFileSync(python, [script, '--print'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    assert.deepEqual(run('scripts/peftCounts.py'), counts);
    assert.deepEqual(run('scripts/fusedConversions.py'), FUSED_CONVERSIONS);
  });
});
