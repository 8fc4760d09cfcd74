import { strict as assert } from 'node:assert';
import { computeBudget } from '../../../src/budget/computeBudget';
import { BudgetError } from '../../../src/peftConfig/errors';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import type { GoldenBudget, GoldenModel } from './goldenModels';
import { readGolden } from './goldenModels';

/** The counts of PEFT 0.21 with transformers 5.18 for a random config on a small model. */
interface VariedBudget {
  readonly config: RawConfig;
  readonly adapter: RawConfig;
  readonly trainable: number;
  readonly all: number;
  readonly fileBytes: number;
}

/** A `VariedBudget`, or a config that PEFT refuses. */
type FuzzedBudget = Pick<VariedBudget, 'config' | 'adapter'> & Partial<VariedBudget> & { readonly error?: string };

interface RandomBudget {
  /** Index of a row of transformers_tables.json. */
  readonly model: number;
  readonly dtype?: string;
  readonly adapter: RawConfig;
  readonly trainable?: number;
  readonly all?: number;
  readonly file_size?: number | null;
  readonly error?: string;
}

describe('budget', () => {
  const models = new Map(readGolden<GoldenModel>('model_tables.json').map(({ model, config }) => [model, config]));

  for (const row of readGolden<GoldenBudget>('budget_computed.json')) {
    const config = models.get(row.model);
    if (row.error !== undefined) {
      it(`refuses ${row.method} on ${row.model} as PEFT does`, () => {
        assert.throws(() => computeBudget(config, row.adapter_config), BudgetError);
      });
      continue;
    }
    it(`counts ${row.method} on ${row.model} as PEFT does`, () => {
      const { trainable, all, percent, modules } = computeBudget(config, row.adapter_config);
      assert.deepEqual([trainable, all], [row.trainable, row.all]);
      assert.equal(percent, (100 * trainable) / all);
      assert.equal(
        modules.reduce((sum, module) => sum + module.trainable, 0),
        trainable,
      );
    });
  }

  const small = readGolden<{ config: RawConfig }>('transformers_tables.json');
  for (const [index, row] of readGolden<RandomBudget>('budget_random.json').entries()) {
    const config: RawConfig = { ...small[row.model]?.config, ...(row.dtype && { dtype: row.dtype }) };
    const name = `${String(row.adapter['peft_type'])} on ${String(config['architectures'])} (${index})`;
    if (row.error !== undefined) {
      it(`refuses ${name}, where PEFT says ${row.error}`, () => {
        assert.throws(() => computeBudget(config, row.adapter), BudgetError);
      });
      continue;
    }
    it(`counts ${name} as PEFT does, and its file to the byte`, () => {
      const { trainable, all, fileBytes } = computeBudget(config, row.adapter);
      assert.deepEqual([trainable, all], [row.trainable, row.all]);
      if (typeof row.file_size === 'number') assert.equal(fileBytes, row.file_size);
    });
  }

  // Each row was once miscounted. They cover rules of single methods, keys that a method lacks, and combinations.
  for (const [index, row] of readGolden<FuzzedBudget>('budget_fuzzed.json').entries()) {
    const name = `${String(row.adapter['peft_type'])} on ${String(row.config['architectures'])} (fuzzed ${index})`;
    it(
      row.error === undefined ? `counts ${name} as PEFT does` : `refuses ${name}, where PEFT says ${row.error}`,
      () => {
        if (row.error !== undefined) {
          assert.throws(() => computeBudget(row.config, row.adapter), BudgetError);
          return;
        }
        const { trainable, all, fileBytes } = computeBudget(row.config, row.adapter);
        assert.deepEqual(
          { trainable, all, fileBytes },
          { trainable: row.trainable, all: row.all, fileBytes: row.fileBytes },
        );
      },
    );
  }

  // These configs lack the keys that have defaults, so the defaults of the config classes are tested too.
  for (const [index, row] of readGolden<VariedBudget>('budget_varied.json').entries()) {
    const name = `${String(row.adapter['peft_type'])} on a sparse config of ${String(row.config['architectures'])}`;
    it(`counts ${name} (${index}) as PEFT does`, () => {
      const { trainable, all, fileBytes } = computeBudget(row.config, row.adapter);
      assert.deepEqual(
        { trainable, all, fileBytes },
        { trainable: row.trainable, all: row.all, fileBytes: row.fileBytes },
      );
    });
  }
});
