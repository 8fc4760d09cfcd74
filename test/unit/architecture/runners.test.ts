import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sourceFiles } from './importGraph';

describe('the tests', () => {
  it('are all run by some runner', async () => {
    const bundles = (await import(pathToFileURL(path.resolve('scripts/lib/testBundles.mjs')).href)) as {
      readonly TEST_KINDS: readonly string[];
      testFiles(kind: string): string[];
    };
    const taken = new Set(bundles.TEST_KINDS.flatMap((kind) => bundles.testFiles(kind)));
    const all = ['src', 'webview-ui', 'test'].flatMap((folder) => sourceFiles(folder, '.test.ts'));
    assert.ok(all.includes('test/unit/architecture/runners.test.ts'));
    assert.deepEqual(
      all.filter((file) => !taken.has(file)),
      [],
    );
  });

  it('neither skip a test nor run one exclusively', () => {
    const tests = sourceFiles('test', '.test.ts');
    const wrong = tests.filter((file) =>
      /\b(describe|it|test|suite)\.(skip|only)\(|\bx(it|describe)\(/.test(readFileSync(file, 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });

  it('count as failed when a signal ends them before they are done', async () => {
    const processes = pathToFileURL(path.resolve('scripts/lib/processes.mjs')).href;
    const script = `
      import { INTERRUPTED, stopFamiliesOnExit } from '${processes}';
      stopFamiliesOnExit(INTERRUPTED);
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [status] = (await once(child, 'exit')) as [number | null];
    assert.notEqual(status, 0);
  });
});
