import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { runScenario } from '../attack/runScenario';
import { shortSet } from '../attack/scenarios';

/** Scenarios wait longer than other tests, because they load what nobody writes. */
const TIMEOUT_MS = 300_000;

describe('a hostile workspace', () => {
  const directory = path.join(path.dirname(process.env['PEFT_E2E_WORKSPACE'] ?? ''), 'attacked');
  before(() => mkdirSync(directory, { recursive: true }));
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const scenario of shortSet) {
    it(`costs little memory, and the adapter beside it opens: ${scenario.attack}`, async function () {
      this.timeout(TIMEOUT_MS);
      const { faults, notTried } = await runScenario(scenario, Number(process.env['PEFT_E2E_SERVER']), directory);
      assert.deepEqual(faults, []);
      if (notTried !== null) this.skip();
    });
  }
});
