import { strict as assert } from 'node:assert';
import { ExcludedPaths } from '../../../../src/planner/scan/excludedPaths';

/** Glob, a path that it excludes, and one that it does not. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['**/.git', 'a/b/.git', 'a/.gitignore'],
  ['**/{node_modules,.venv}/**', 'a/.venv', 'a/venv'],
  ['out', 'out', 'a/out'],
  ['out/**', 'out/a/b', 'a/out/b'],
  ['runs/*/old', 'runs/1/old', 'runs/1/2/old'],
  ['runs/**/old', 'runs/1/2/old', 'runs/1/older'],
  ['**/*.b?n', 'a/x.bin', 'a/x.been'],
  ['**/run-[0-9]', 'run-7', 'run-x'],
  ['**/run-[!0-9a]', 'run-x', 'run-a'],
  ['{a,b/{c,d}}', 'b/d', 'b/a'],
  ['**/a*b*c/**/d', 'x/aXbYc/y/z/d', 'x/aXbY/y/z/d'],
  ['**/[', 'x/[', 'x/a'],
];

describe('excluded paths', () => {
  for (const [glob, inside, outside] of CASES) {
    it(`are ${inside} but not ${outside} for ${glob}`, () => {
      const excluded = new ExcludedPaths([glob]);
      assert.equal(excluded.has(inside), true);
      assert.equal(excluded.has(outside), false);
    });
  }

  it('cost a bounded number of steps, whatever globs a workspace has', () => {
    const hostile = [
      '**/'.repeat(60) + 'x',
      `**/${'*a'.repeat(90)}`,
      '{'.repeat(100) + '}'.repeat(100),
      `${'{a,b}'.repeat(40)}`,
      ...Array.from({ length: 5000 }, (_, i) => `${'*?'.repeat(90)}${i}`),
    ];
    const excluded = new ExcludedPaths(hostile);
    const path = Array.from({ length: 100 }, () => 'a'.repeat(200)).join('/');
    // It ends: without the budget, 10,000 such paths would take hours.
    for (let i = 0; i < 10_000; i++) excluded.has(path);
    assert.equal(excluded.has(`${path}/b`), false);
  });
});
