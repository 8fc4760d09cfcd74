// The extension host calls run(), in desktop VS Code and under scripts/integration.mjs. The latter cannot see our
// console, so PEFT_TEST_REPORT names a file that gets a line of JSON for every test.
import { appendFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import Mocha from 'mocha';

// Long enough for the worker and the language features to start on a busy machine.
const TIMEOUT_MS = 30_000;

export async function run(): Promise<void> {
  let error: string | null = null;
  try {
    const failures = await runAll();
    if (failures > 0) throw new Error(`${failures} tests failed`);
  } catch (thrown) {
    error = thrown instanceof Error && !/tests failed$/.test(thrown.message) ? (thrown.stack ?? thrown.message) : null;
    throw thrown;
  } finally {
    report({ kind: 'end', error });
  }
}

function runAll(): Promise<number> {
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({ ui: 'bdd', timeout: TIMEOUT_MS, forbidOnly: true });
  for (const file of readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).sort()) {
    if (file.endsWith('.test.js')) mocha.addFile(path.join(__dirname, file));
  }
  return new Promise((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('pass', (test) => report({ kind: 'test', state: 'passed', title: test.fullTitle(), ms: test.duration }));
    runner.on('pending', (test) => report({ kind: 'test', state: 'skipped', title: test.fullTitle() }));
    runner.on('fail', (test, failure: Error) => {
      report({
        kind: 'test',
        state: 'failed',
        title: test.fullTitle(),
        ms: test.duration,
        error: failure.stack ?? String(failure),
      });
    });
  });
}

function report(event: object): void {
  const file = process.env['PEFT_TEST_REPORT'];
  if (file) appendFileSync(file, `${JSON.stringify(event)}\n`);
}
