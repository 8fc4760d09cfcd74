// `npm test`: every check, on the terminal, closing with one line that adds up all tests.
// `node scripts/test.mjs --only unit` runs one stage (and what it needs): types, lint, unit, integration or e2e.
import { parseArgs } from 'node:util';
import { TEST_KINDS } from './lib/testBundles.mjs';
import { runScript } from './lib/run.mjs';

/** `needs`: stages whose output this one works on. */
const STAGES = [
  { name: 'types', title: 'Type check', run: () => runScript('scripts/typecheck.mjs') },
  { name: 'lint', title: 'Lint', run: () => runScript('node_modules/eslint/bin/eslint.js', ['.', '--max-warnings', '0']) },
  { name: 'build', title: 'Build', run: () => runScript('scripts/build.mjs'), essential: true },
  { name: 'unit', title: 'Unit tests', run: () => runScript('scripts/unit.mjs'), needs: ['build'] },
  { name: 'package', title: 'Package', run: () => runScript('scripts/package.mjs', ['--no-build', '--quiet']), essential: true },
  {
    name: 'integration',
    title: 'Integration tests, inside VS Code',
    run: () => runScript('scripts/integration.mjs'),
    needs: ['build'],
  },
  {
    name: 'e2e',
    title: 'End-to-end tests, the packed extension in Chromium',
    run: () => runScript('scripts/e2e.mjs', ['--packed']),
    needs: ['build', 'package'],
  },
];

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const only = STAGES.find(({ name }) => name === values.only);
if (values.only !== undefined && !only) {
  console.error(`--only ${values.only}: expected one of ${STAGES.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const chosen = only ? STAGES.filter(({ name }) => name === only.name || only.needs?.includes(name)) : STAGES;

const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
for (const stage of chosen) {
  const started = Date.now();
  console.log(`\n== ${stage.title}`);
  const { ok, counts } = await stage.run();
  for (const key of Object.keys(total)) total[key] += counts?.[key] ?? 0;
  // A stage that fails without a failed test of its own (no test ran, it crashed, it is not made of tests) is one.
  if (!ok && !counts?.failed) total.failed++;
  const tests = counts ? `, ${counts.passed + counts.failed} tests` : '';
  summary.push(`${ok ? 'ok    ' : 'FAILED'}  ${stage.title} (${((Date.now() - started) / 1000).toFixed(1)} s${tests})`);
  if (!ok && stage.essential) break;
}

console.log(`\n${summary.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
const testless = chosen.every(({ name }) => !TEST_KINDS.includes(name));
process.exit(total.failed > 0 || (total.passed === 0 && !testless) ? 1 : 0);
