import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { sourceFiles } from './importGraph';

const MAX_LINES = 400;

/**
 * Limits of minified bundles, in bytes: users wait for these when a view opens. Other scripts of a webview have the
 * limit `LATER`.
 */
const KILOBYTE = 1024;
const BUDGETS: Readonly<Record<string, number>> = {
  'dist/extension.js': 150 * KILOBYTE,
  // Nine tenths of the limit of a thread, which leaves room for later features.
  'dist/worker.js': 180 * KILOBYTE,
  'dist/demo.js': 50 * KILOBYTE,
  'dist/spectra.js': 50 * KILOBYTE,
  'dist/gguf.js': 50 * KILOBYTE,
  'dist/shards.js': 50 * KILOBYTE,
  'dist/packed.js': 50 * KILOBYTE,
  'dist/products.js': 50 * KILOBYTE,
  'dist/base.js': 50 * KILOBYTE,
  'dist/findings.js': 80 * KILOBYTE,
  'dist/farFiles.js': 50 * KILOBYTE,
  'dist/writers.js': 50 * KILOBYTE,
  'dist/overviews.js': 50 * KILOBYTE,
  'dist/kernels.js': 60 * KILOBYTE,
  'dist/architectures.js': 100 * KILOBYTE,
  'dist/pythonReader.js': 200 * KILOBYTE,
  'dist/planReader.js': 200 * KILOBYTE,
  'dist/planner.js': 200 * KILOBYTE,
  'dist/webview/inspector.js': 150 * KILOBYTE,
  'dist/webview/calculator.js': 200 * KILOBYTE,
  'dist/webview/comparison.js': 200 * KILOBYTE,
};

const LATER = 200 * KILOBYTE;

describe('files that are embedded in a page', () => {
  // The start of an HTML comment lets a script continue beyond its end tag. A style ends only at its end tag.
  it('contain nothing that the page would parse as HTML', () => {
    const scripts = ['inspector', 'calculator', 'comparison'].map((name) => `dist/webview/${name}.js`);
    assert.deepEqual(
      scripts.filter((file) => readFileSync(file, 'utf8').includes('<!--')),
      [],
    );
    const styles = scripts.map((file) => file.replace('.js', '.css'));
    assert.deepEqual(
      styles.filter((file) => /<\/style/i.test(readFileSync(file, 'utf8'))),
      [],
    );
  });
});

describe('sizes', () => {
  it(`keep every source file within ${MAX_LINES} lines`, () => {
    const files = [
      ...['src', 'webview-ui', 'test'].flatMap((folder) => sourceFiles(folder)),
      ...sourceFiles('scripts', '.mjs'),
    ];
    const lines = (file: string): number => readFileSync(file, 'utf8').trimEnd().split('\n').length;
    assert.deepEqual(
      files.filter((file) => lines(file) > MAX_LINES).map((file) => `${file}: ${lines(file)}`),
      [],
    );
  });

  for (const [bundle, budget] of Object.entries(BUDGETS)) {
    it(`keep ${bundle} within ${budget / KILOBYTE} KB`, () => {
      assert.ok(existsSync(bundle), `${bundle} is not built: npm run build`);
      const { size } = statSync(bundle);
      assert.ok(size <= budget, `${bundle} has ${(size / KILOBYTE).toFixed(1)} KB`);
    });
  }

  it(`keep every script that a webview loads later within ${LATER / KILOBYTE} KB`, () => {
    const scripts = sourceFiles('dist/webview', '.js').filter((file) => !Object.hasOwn(BUDGETS, file));
    assert.ok(scripts.length > 0, 'the inspector loads none later: npm run build');
    assert.deepEqual(
      scripts.filter((file) => statSync(file).size > LATER),
      [],
    );
  });
});
