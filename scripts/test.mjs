// `npm test`: runs every check on the terminal. The last lines sum up all tests and name those that failed, with the
// paths of their screenshots. `node scripts/test.mjs --only unit` runs one stage (types, lint, unit, integration or
// e2e) and the stages that it needs.
import { parseArgs } from 'node:util';
import { endWithParent } from './lib/processes.mjs';
import { runScript } from './lib/run.mjs';
import { TEST_KINDS } from './lib/testBundles.mjs';

/**
 * `needs`: stages whose output this one uses. `essential`: the rest cannot run without it. `aside`: runs in parallel
 * with the others, which often wait for a browser, and prints its output at the end.
 */
const STAGES = [
  { name: 'types', title: 'Type check', script: 'scripts/typecheck.mjs', aside: true },
  { name: 'lint', title: 'Lint', script: 'scripts/lint.mjs', aside: true },
  { name: 'build', title: 'Build', script: 'scripts/build.mjs', essential: true },
  { name: 'unit', title: 'Unit tests', script: 'scripts/unit.mjs', needs: ['build'] },
  {
    name: 'package',
    title: 'Package',
    script: 'scripts/package.mjs',
    args: ['--no-build', '--quiet'],
    essential: true,
  },
  {
    name: 'integration',
    title: 'Integration tests, inside VS Code',
    script: 'scripts/integration.mjs',
    needs: ['build'],
  },
  {
    name: 'e2e',
    title: 'End-to-end tests, the packed extension in Chromium',
    script: 'scripts/e2e.mjs',
    args: ['--packed'],
    needs: ['build', 'package'],
  },
];

endWithParent(() => process.exit(1));

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const only = STAGES.find(({ name }) => name === values.only);
if (values.only !== undefined && !only) {
  console.error(`--only ${values.only}: expected one of ${STAGES.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const chosen = only ? STAGES.filter(({ name }) => name === only.name || only.needs?.includes(name)) : STAGES;

const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
const failures = [];
const asideOutput = [];

const aside = runAside(chosen.filter((stage) => stage.aside));
for (const stage of chosen.filter((candidate) => !candidate.aside)) {
  console.log(`\n== ${stage.title}`);
  const ok = await run(stage, 'inherit');
  if (!ok && stage.essential) break;
}
await aside;
for (const text of asideOutput) console.log(text);

console.log(`\n${summary.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
for (const { title, picture } of failures) console.log(`FAILED  ${title}${picture ? `\n        ${picture}` : ''}`);
const testless = chosen.every(({ name }) => !TEST_KINDS.includes(name));
process.exit(total.failed > 0 || (total.passed === 0 && !testless) ? 1 : 0);

async function runAside(stages) {
  for (const stage of stages) await run(stage, 'pipe');
}

async function run({ title, script, args }, stdout) {
  const started = Date.now();
  const { ok, counts, output } = await runScript(script, args, { stdout });
  if (stdout === 'pipe') asideOutput.push(`\n== ${title}\n${output.trimEnd()}`);
  for (const key of Object.keys(total)) total[key] += counts?.[key] ?? 0;
  // A stage can fail without a failed test: no test ran, it crashed, or it has no tests. It then counts as one failure.
  if (!ok && !counts?.failed) {
    total.failed++;
    failures.push({ title: `${title}: see its output above` });
  }
  failures.push(...(counts?.failures ?? []));
  const tests = counts ? `, ${counts.passed + counts.failed} tests` : '';
  summary.push(`${ok ? 'ok    ' : 'FAILED'}  ${title} (${((Date.now() - started) / 1000).toFixed(1)} s${tests})`);
  return ok;
}
