import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as architectures from '../../../src/budget/architectures';
import * as budgetErrors from '../../../src/budget/errors';
import * as presets from '../../../src/budget/presets';
import * as configErrors from '../../../src/peftConfig/errors';
import * as matching from '../../../src/peftConfig/matching';

describe("the bundle that the planner's parts share", () => {
  it('exports everything that the modules it replaces export', () => {
    const shared = createRequire(path.resolve('package.json'))('./dist/architectures.js') as object;
    for (const module of [architectures, budgetErrors, presets, configErrors, matching]) {
      assert.deepEqual(
        Object.keys(module).filter((name) => !(name in shared)),
        [],
        'add the module to src/planner/architecturesApart.ts',
      );
    }
  });
});
