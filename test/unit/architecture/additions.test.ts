import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { configClass as findClass } from '../../../src/peftConfig/configClasses';
import type { Budget } from '../../../src/budget/computeBudget';
import type { Edits } from './bundleWithEdits';
import { loadEdited, typeErrors } from './bundleWithEdits';

type Compute = (modelConfig: unknown, adapterConfig: unknown) => Budget;
const COMPUTE = 'src/budget/computeBudget.ts';

const LLAMA = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  intermediate_size: 160,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
};

function fixture(name: string): Edits {
  return JSON.parse(readFileSync(`test/fixtures/additions/${name}.json`, 'utf8')) as Edits;
}

/** The files that CONTRIBUTING names for a change, in its table "Where do I put...?". */
function namedFiles(change: string): string {
  const row = readFileSync('CONTRIBUTING.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${change}`));
  assert.ok(row, `CONTRIBUTING has no row "${change}"`);
  return row;
}

function assertNamed(change: string, edits: Edits, places: readonly string[]): void {
  const row = namedFiles(change);
  for (const place of places) assert.ok(row.includes(`\`${place}\``), `${change}: ${place} is not named`);
  for (const file of Object.keys(edits)) {
    assert.ok(
      places.some((place) => file.startsWith(place)),
      `${file} had to change and is not named`,
    );
  }
}

describe('a new architecture', () => {
  const edits = fixture('architecture');

  it('is one table in the one file that CONTRIBUTING names', () => {
    assertNamed('a new architecture', edits, ['src/budget/architectures']);
    assert.equal(Object.keys(edits).length, 1);
    assert.deepEqual(typeErrors(edits), []);
  });

  it('is counted like any other, and is unknown without its table', async () => {
    const orchid = { ...LLAMA, model_type: 'orchid', architectures: ['OrchidForCausalLM'] };
    const adapter = { peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 4, target_modules: ['q_proj', 'petal_proj'] };
    const { computeBudget } = await loadEdited<{ computeBudget: Compute }>(COMPUTE, edits);
    // Three layers; q_proj is 64 x 64, petal_proj maps the 160 inner features to 64.
    assert.equal(computeBudget(orchid, adapter).trainable, 3 * 4 * (64 + 64 + 160 + 64));
    const today = await loadEdited<{ computeBudget: Compute }>(COMPUTE, {});
    assert.throws(() => today.computeBudget(orchid, adapter), /orchid/);
  });
});

describe('a new method', () => {
  const edits = fixture('method');

  it('is a row and a table in the two files that CONTRIBUTING names', () => {
    assertNamed('a new PEFT method', edits, ['src/peftConfig/moduleClasses.ts', 'src/budget/methods']);
    assert.equal(Object.keys(edits).length, 2);
    assert.deepEqual(typeErrors(edits), []);
  });

  it('is counted with its own keys and defaults, and is unknown without them', async () => {
    const adapter = { peft_type: 'WEFT', target_modules: ['k_proj'] };
    const { computeBudget } = await loadEdited<{ computeBudget: Compute }>(COMPUTE, edits);
    // The default of threads is 5: that many for each of k_proj's 64 inputs and 32 outputs, in three layers.
    assert.equal(computeBudget(LLAMA, adapter).trainable, 3 * 5 * (64 + 32));
    assert.equal(computeBudget(LLAMA, { ...adapter, threads: 2 }).trainable, 3 * 2 * (64 + 32));
    const today = await loadEdited<{ computeBudget: Compute }>(COMPUTE, {});
    assert.throws(() => today.computeBudget(LLAMA, adapter), /WEFT/);
  });

  it('has a config class that Python programs and the JSON schema know', async () => {
    const { configClass } = await loadEdited<{ configClass: typeof findClass }>(
      'src/peftConfig/configClasses.ts',
      edits,
    );
    assert.equal(configClass('WeftConfig')?.peftType, 'WEFT');
  });
});

describe('the edits of a fixture', () => {
  it('are refused by the compiler if they are wrong', () => {
    const wrong: Edits = { 'src/budget/methods/lily.ts': [{ before: '/** unique */', text: '' }] };
    assert.throws(() => typeErrors(wrong), /has no line/);
    const [insertion] = fixture('method')['src/budget/methods/lily.ts'] ?? [];
    assert.ok(insertion);
    const mistyped = { ...insertion, text: insertion.text.replace('accepts: LINEAR', 'accept: LINEAR') };
    assert.match(typeErrors({ 'src/budget/methods/lily.ts': [mistyped] }).join('\n'), /accept/);
  });
});
