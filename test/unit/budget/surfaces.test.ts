import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { checkClaim } from '../../../src/budget/claim';
import type { Budget } from '../../../src/budget/computeBudget';
import { computeBudget, tableFor } from '../../../src/budget/computeBudget';
import { estimateTrainingMemory } from '../../../src/budget/memory/training';
import { formatBytes, formatCount, formatTrainableShare } from '../../../src/text/numberText';
import { PRESETS } from '../../../src/budget/presets';
import { budgetCommand } from '../../../src/cli/budget';
import { BudgetError } from '../../../src/peftConfig/errors';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import { computeReport } from '../../../src/planner/calculator/budgetReport';
import { adapterBudget } from '../../../src/planner/countAdapter';
import { PacedMatching } from '../../../src/matrices/pacedMatching';
import { captured } from '../cli/runCaptured';
import { hoverText } from '../../../src/planner/hover/adapterConfigHoverText';
import { Models } from '../../../src/planner/models/models';
import type { FoundModel } from '../../../src/planner/models/models';
import { planConfig, planReport } from '../../../src/planner/plan/planReport';
import { taskTypeOf } from '../../../src/planner/plan/planModel';
import type { PlanInputs } from '../../../src/protocol/plan';
import { sourceFiles } from '../architecture/importGraph';
import type { GoldenBudget, GoldenModel } from './goldenModels';
import { readGolden } from './goldenModels';

interface Row {
  readonly name: string;
  readonly model: RawConfig;
  readonly adapter: RawConfig;
  readonly budget: Budget;
}

/** Compares one full-sized model in N, because they are slow. N and the number of methods are coprime. */
const FULL_SIZED_STEP = 5;

/** The golden rows that PEFT counts, with their counts. */
function countedRows(): readonly Row[] {
  const models = new Map(readGolden<GoldenModel>('model_tables.json').map(({ model, config }) => [model, config]));
  const small = readGolden<{ config: RawConfig }>('transformers_tables.json');
  type Given = Pick<Row, 'model' | 'adapter'>;
  const sources: Readonly<Record<string, readonly Given[]>> = {
    budget_computed: readGolden<GoldenBudget>('budget_computed.json')
      .filter((_, index) => index % FULL_SIZED_STEP === 0)
      .map((row) => ({ model: models.get(row.model) ?? {}, adapter: row.adapter_config })),
    budget_random: readGolden<{ model: number; dtype?: string; adapter: RawConfig }>('budget_random.json').map(
      ({ model, dtype, adapter }) => ({ model: { ...small[model]?.config, ...(dtype && { dtype }) }, adapter }),
    ),
    budget_fuzzed: readGolden<{ config: RawConfig; adapter: RawConfig }>('budget_fuzzed.json').map(
      ({ config, adapter }) => ({ model: config, adapter }),
    ),
    budget_varied: readGolden<{ config: RawConfig; adapter: RawConfig }>('budget_varied.json').map(
      ({ config, adapter }) => ({ model: config, adapter }),
    ),
  };
  return Object.entries(sources).flatMap(([file, rows]) =>
    rows.flatMap(({ model, adapter }, index): Row[] => {
      try {
        return [{ name: `${file} ${index}`, model, adapter, budget: computeBudget(model, adapter) }];
      } catch (error) {
        if (error instanceof BudgetError) return [];
        throw error;
      }
    }),
  );
}

/** This file re-exports functions for users of the package and counts nothing itself. */
const LIBRARY = 'src/library.ts';

const COUNTING = /\bbuildModuleTable\b|budget\/adapterCount'/;

/** A classifier keeps a trained head that the base model's class does not have. */
const CLASSIFIER: Pick<Row, 'model' | 'adapter'> = {
  model: PRESETS.find(({ id }) => id === 'llama-2-7b')!.config,
  adapter: { peft_type: 'LORA', task_type: 'SEQ_CLS', r: 8, target_modules: ['q_proj', 'v_proj'] },
};

const NO_FILES = {
  hubFolders: [],
  status: () => Promise.resolve(null),
  readText: () => Promise.resolve(null),
  list: () => Promise.resolve([]),
  tensorShapes: () => Promise.resolve(null),
};

const found = (model: RawConfig): FoundModel => ({
  title: 'base',
  config: model,
  place: 'workspace',
  path: null,
  preset: null,
  standsInFor: null,
});

/** A surface's figures for a row, if they differ from those of `computeBudget`; else `null`. */
type Difference = string | null;

function differences(rows: readonly Row[], compare: (row: Row) => Difference): readonly string[] {
  return rows.flatMap((row) => {
    const difference = compare(row);
    return difference === null ? [] : [`${row.name}: ${difference}`];
  });
}

const same = (shown: unknown, expected: unknown): Difference =>
  JSON.stringify(shown) === JSON.stringify(expected)
    ? null
    : `${JSON.stringify(shown)}, computeBudget has ${JSON.stringify(expected)}`;

describe('every surface that counts', () => {
  const rows = [
    ...countedRows(),
    { name: 'Llama-2 as a classifier', ...CLASSIFIER, budget: computeBudget(CLASSIFIER.model, CLASSIFIER.adapter) },
  ];

  it('is compared on more than six hundred rows and on every method that has a count', () => {
    assert.ok(rows.length > 600, `${rows.length} rows`);
    const methods = new Set(rows.map(({ adapter }) => adapter['peft_type']));
    // The counts of the first two depend on the weights. PEFT 0.21 no longer has the third.
    const uncounted = ['ADAMSS', 'XLORA', 'BONE'];
    assert.deepEqual(
      Object.keys(METHOD_KEYS).filter((method) => !methods.has(method) && !uncounted.includes(method)),
      [],
    );
  });

  it('agrees with computeBudget in the hover', () => {
    const wrong = differences(rows, ({ model, adapter, budget }) => {
      const text = hoverText(['peft_type'], { config: adapter, weights: null, base: { title: 'm', config: model } });
      const match =
        /\*\*([\d,]+) trainable parameters\*\* on the shapes of `m`: (.*) of all parameters, file size (.*)\./;
      const [, ...shown] = match.exec(text ?? '') ?? [];
      const { trainable, all, fileBytes } = budget;
      return same(shown, [formatCount(trainable), formatTrainableShare(trainable / all), formatBytes(fileBytes)]);
    });
    assert.deepEqual(wrong, []);
  });

  it('includes the head of a Llama-2 classifier in the hover', () => {
    const { model, adapter } = CLASSIFIER;
    const text = hoverText(['peft_type'], { config: adapter, weights: null, base: { title: 'm', config: model } });
    assert.match(text ?? '', /\*\*4,202,496 trainable parameters\*\*/);
  });

  it('agrees with computeBudget in the lens', async () => {
    const models = new Models(NO_FILES, { readText: () => Promise.resolve(null) });
    const shown = await Promise.all(
      rows.map(({ model, adapter }) => adapterBudget(models, adapter, found(model), new PacedMatching())),
    );
    const wrong = differences(rows, (row) => {
      const { trainable, all, percent, fileBytes } = row.budget;
      return same(shown[rows.indexOf(row)]?.counted, { trainable, all, percent, fileBytes });
    });
    assert.deepEqual(wrong, []);
  });

  it('agrees with computeBudget in the check of a claim', () => {
    const wrong = differences(rows, ({ model, adapter, budget: { trainable, all, percent } }) => {
      const { agrees, lines } = checkClaim(tableFor(model, adapter), adapter, { trainable, all, percent });
      return agrees ? null : lines.join(' ');
    });
    assert.deepEqual(wrong, []);
  });

  it('agrees with computeBudget in the memory estimate', () => {
    const wrong = differences(rows, ({ model, adapter, budget }) =>
      same(estimateTrainingMemory(model, adapter).trainable, budget.trainable),
    );
    assert.deepEqual(wrong, []);
  });

  it('agrees with computeBudget on the command line', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'surfaces-'));
    const files = { model: path.join(folder, 'config.json'), adapter: path.join(folder, 'adapter_config.json') };
    try {
      const wrong: string[] = [];
      for (const row of rows) {
        writeFileSync(files.model, JSON.stringify(row.model));
        writeFileSync(files.adapter, JSON.stringify(row.adapter));
        const output = await budgetCommand.run(['--model', files.model, '--adapter', files.adapter, '--json']);
        const { model, ...counts } = JSON.parse((await captured(output))!) as Record<string, unknown>;
        const difference = same(counts, row.budget) ?? same(model, { title: files.model, standsInFor: null });
        if (difference !== null) wrong.push(`${row.name}: ${difference.slice(0, 300)}`);
      }
      assert.deepEqual(wrong, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('agrees with computeBudget in the calculator, if its fields can express the config', () => {
    let compared = 0;
    const wrong = differences(rows, ({ model, adapter, budget }) => {
      const inputs = planInputs(adapter);
      if (!inputs || !isSame(planConfig(inputs, taskTypeOf(model)), adapter)) return null;
      compared++;
      const { trainable, all, percent, fileBytes } = budget;
      return same(planReport(inputs, { title: 'm', config: model }).counts, { trainable, all, percent, fileBytes });
    });
    assert.deepEqual(wrong, []);
    assert.ok(compared > 60, `${compared} rows compared`);
  });

  it('agrees with computeBudget about LoRA in the simple calculator', () => {
    const models = readGolden<GoldenModel>('model_tables.json');
    let compared = 0;
    for (const { config: model, model: name } of models) {
      const inputs = {
        model: 'file:m',
        basis: 'exact' as const,
        method: { rank: '8', alpha: '16', bottleneckDim: '4', prefixLength: '4', promptLength: '4' },
        custom: {
          hiddenSize: '',
          numLayers: '',
          numHeads: '',
          numKeyValueHeads: '',
          intermediateSize: '',
          vocabSize: '',
        },
        targets: [],
      };
      const report = computeReport(inputs, { title: name, config: model });
      const shown = report.methods.find(({ method }) => method === 'lora');
      const targets = report.targets.filter(({ chosen }) => chosen).map((target) => target.name);
      if (shown?.parameters === null || targets.length === 0) continue;
      const { taskHeads } = tableFor(model, null);
      const budget = computeBudget(model, { peft_type: 'LORA', target_modules: targets, modules_to_save: taskHeads });
      assert.deepEqual([shown?.parameters, shown?.fileBytes], [budget.trainable, budget.fileBytes], name);
      assert.equal(shown?.shareText, formatTrainableShare(budget.percent / 100), name);
      compared++;
    }
    assert.ok(compared > 30, `${compared} models compared`);
  });

  // A model that runs makes the tensors that the tables name; it tells no figure.
  it('leaves counting to src/budget: no other room lays out a model or counts an adapter by itself', () => {
    const strays = sourceFiles('src')
      .filter((file) => !/^src\/(budget|model)\//.test(file) && file !== LIBRARY)
      .filter((file) => COUNTING.test(readFileSync(file, 'utf8')));
    assert.deepEqual(strays, [], 'call computeBudget, or budgetOf on the table that tableFor returns');
  });
});

/** Texts for the calculator's fields; `null` for a config with a value that no field can hold. */
function planInputs(adapter: RawConfig): PlanInputs | null {
  const { peft_type: peftType, target_modules: targets = [], task_type: _, ...rest } = adapter;
  const values: [string, string][] = [];
  for (const [key, value] of Object.entries(rest)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return null;
    values.push([key, String(value)]);
  }
  if (targets !== 'all-linear' && !Array.isArray(targets)) return null;
  return {
    peftType: String(peftType),
    values,
    targets: targets === 'all-linear' ? ['all-linear'] : (targets as string[]),
    purpose: 'training',
    setup: [],
    inference: [],
    gpu: '',
    claim: '',
  };
}

function isSame(a: RawConfig, b: RawConfig): boolean {
  const sorted = (config: RawConfig): string =>
    JSON.stringify(Object.entries(config).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
