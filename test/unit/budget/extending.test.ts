import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { knownModelTypes } from '../../../src/budget/architectures';
import type * as budget from '../../../src/budget/computeBudget';
import type * as training from '../../../src/budget/memory/training';
import type * as calculator from '../../../src/planner/calculator/budgetReport';
import type * as plan from '../../../src/planner/plan/planReport';
import type * as configClasses from '../../../src/peftConfig/configClasses';
import { sourceFiles } from '../architecture/importGraph';
import type { Edits } from './edits';
import { loadEdited, typeErrors } from './edits';

type Rooms = typeof budget & typeof training & typeof calculator & typeof plan & typeof configClasses;

const ENTRY = [
  'budget/computeBudget',
  'budget/memory/training',
  'planner/calculator/budgetReport',
  'planner/plan/planReport',
  'peftConfig/configClasses',
];

/** The paths that CONTRIBUTING names for a change. A name without a folder is in the folder of the row's first path. */
function named(change: string): readonly string[] {
  const page = readFileSync(path.join(process.cwd(), 'CONTRIBUTING.md'), 'utf8');
  const section = page.slice(page.indexOf('## Where do I put'));
  const row = section.split('\n').find((line) => line.startsWith(`| ${change}`)) ?? '';
  const paths = [...row.matchAll(/`([\w./]+)`/g)].map(([, each]) => each ?? '');
  const folder = paths.find((each) => each.includes('/'))?.replace(/\/[^/]*$/, '') ?? '';
  return paths.map((each) => (each.includes('/') ? each : `${folder}/${each}`));
}

function assertNamed(change: string, edits: Edits): void {
  const paths = named(change);
  for (const file of Object.keys(edits))
    assert.ok(
      paths.some((each) => file === each || file.startsWith(`${each}/`)),
      `CONTRIBUTING names ${paths.join(', ')} for ${change}, not ${file}`,
    );
}

const ARCHITECTURE: Edits = {
  'src/budget/architectures/llama.ts': [
    [
      'export const LLAMA_FAMILY',
      `const madeUp = gatedDecoder(
        ['made_up'],
        {
          facts: {
            peftTargets: { LORA: 'q_proj up_proj' },
            adaptionTarget: 'self_attn',
            forward: { kernels: ['eager'] },
          },
          bias: attentionBias,
        },
        { num_key_value_heads: 2, tie_word_embeddings: false },
      );`,
    ],
    ['  granite,', '  madeUp,'],
  ],
};

const METHOD: Edits = {
  'src/peftConfig/moduleClasses.ts': [
    ['export const MISS', "export const MADE_UP = 'MadeUpConfig r=3 target_modules exclude_modules modules_to_save';"],
  ],
  'src/budget/methods/vectors.ts': [
    [
      'export const TINYLORA',
      `export const MADE_UP: Method = {
        accepts: LINEAR,
        rank: (_, settings) => settings.count('r'),
        keeps: (keep, { r }) => keep.token(r),
        parts: ({ inFeatures }, settings) => [trained('made_up_scale', settings.count('r'), inFeatures)],
      };`,
    ],
  ],
};

const LAYERS = 3;
const MODEL = {
  model_type: 'made_up',
  architectures: ['MadeUpForCausalLM'],
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: LAYERS,
  num_attention_heads: 4,
};
const KEY_VALUE = 16;
const PLAN = { purpose: 'training', setup: [], inference: [], gpu: '', claim: '' } as const;

describe('an addition to the budget', () => {
  it('of an architecture edits only the files that CONTRIBUTING names, and every surface counts it', async () => {
    assertNamed('a new architecture', ARCHITECTURE);
    assert.deepEqual(typeErrors(ARCHITECTURE), []);
    const rooms = await loadEdited<Rooms>(ENTRY, ARCHITECTURE);
    const { trainable, all, modules } = rooms.computeBudget(MODEL, { peft_type: 'LORA', r: 2 });
    const linears = 2 * 32 * 32 + 2 * 32 * KEY_VALUE + 3 * 32 * 48;
    const base = 2 * 100 * 32 + 32 + LAYERS * (linears + 2 * 32);
    assert.equal(trainable, LAYERS * 2 * (32 + 32 + (32 + 48)));
    assert.equal(all, base + trainable);
    assert.equal(modules.length, LAYERS * 2);
    const prompts = rooms.computeBudget(MODEL, { peft_type: 'ADAPTION_PROMPT', adapter_len: 5, adapter_layers: 2 });
    assert.equal(prompts.trainable, 2 * (5 * 32 + 1));
    const memory = rooms.estimateTrainingMemory(MODEL, { peft_type: 'LORA', r: 2 }, { attention: 'flash' });
    assert.equal(memory.trainable, trainable);
    assert.ok(memory.warnings.some((warning) => warning.includes("'eager'")));
    const report = rooms.planReport({ ...PLAN, peftType: 'LORA', values: [['r', '2']], targets: [] }, given());
    assert.equal(report.counts?.trainable, trainable);
  });

  it('of a method edits only the files that CONTRIBUTING names, and every surface counts it', async () => {
    assertNamed('a new PEFT method', METHOD);
    assert.deepEqual(typeErrors(METHOD), []);
    const rooms = await loadEdited<Rooms>(ENTRY, { ...ARCHITECTURE, ...METHOD });
    assert.equal(rooms.configClass('MadeUpConfig')?.peftType, 'MADE_UP');
    const byDefault = rooms.computeBudget(MODEL, { peft_type: 'MADE_UP' });
    // The rank of its config class, on the targets that LoRA has on this model.
    assert.equal(byDefault.trainable, LAYERS * 2 * 3 * 32);
    const config = { peft_type: 'MADE_UP', r: 5, target_modules: 'all-linear' };
    const { trainable } = rooms.computeBudget(MODEL, config);
    assert.equal(trainable, LAYERS * 5 * (6 * 32 + 48));
    const memory = rooms.estimateTrainingMemory(MODEL, config);
    assert.equal(memory.trainable, trainable);
    assert.ok(!memory.warnings.some((warning) => warning.includes('not modelled')));
    const plan = { ...PLAN, peftType: 'MADE_UP', values: [['r', '5']] as const, targets: ['all-linear'] };
    assert.equal(rooms.planReport(plan, given()).counts?.trainable, trainable);
  });

  it('is necessary: without it the architecture and the method are refused', async () => {
    const rooms = await loadEdited<Rooms>(ENTRY, {});
    assert.throws(() => rooms.computeBudget(MODEL, { peft_type: 'LORA' }), /'made_up' has no module table/);
    const llama = { ...MODEL, model_type: 'llama' };
    assert.throws(
      () => rooms.computeBudget(llama, { peft_type: 'MADE_UP' }),
      /peft_type 'MADE_UP' has no counting rule/,
    );
  });
});

describe('an edit', () => {
  it('that the compiler refuses is reported', () => {
    const file = 'src/budget/methods/vectors.ts';
    const [[before, inserted] = ['', '']] = METHOD[file] ?? [];
    const mistyped = typeErrors({ [file]: [[before, inserted.replace('accepts:', 'accept:')]] });
    assert.match(mistyped.join('\n'), /vectors\.ts: .*accept/);
  });
});

describe('facts of a model type', () => {
  it('are in src/budget/architectures only', () => {
    const types = new Set(knownModelTypes());
    const elsewhere = sourceFiles('src/budget').filter(
      (file) => !file.startsWith('src/budget/architectures/') && !MODELS.some((place) => file.startsWith(place)),
    );
    const strays = elsewhere.flatMap((file) => {
      const words = [...readFileSync(file, 'utf8').matchAll(/'([^'\n]*)'/g)].flatMap(
        ([, text]) => text?.split(' ') ?? [],
      );
      return words.filter((word) => types.has(word)).map((word) => `${file}: '${word}'`);
    });
    assert.deepEqual(strays, [], 'make it a field of ModelFacts, or of the architecture');
  });
});

/** Whole models, whose configs name their types. */
const MODELS = ['src/budget/presets.ts', 'src/budget/presets/', 'src/budget/memory/benchmark.ts'];

function given(): { readonly title: string; readonly config: unknown } {
  return { title: 'made up', config: MODEL };
}
