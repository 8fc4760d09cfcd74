// `npm run memory:table`: compares the memory model with the peaks that PEFT's own benchmark measured, row by row. The
// argument may name a file with more rows of the same kind.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inRoot } from './lib/paths.mjs';
import { runScript } from './lib/run.mjs';

// The table can be piped, so the build prints to the error stream.
if (!(await runScript('scripts/build.mjs', [], { stdout: 2 })).ok) process.exit(1);
const { benchmarkErrors } = createRequire(import.meta.url)(inRoot('dist/peft.cjs'));
const file = process.argv[2] ?? inRoot('test/fixtures/golden/budget_peft_benchmark.json');
const { rows, uncovered, median, largest } = benchmarkErrors(JSON.parse(readFileSync(file, 'utf8')));

const gib = (bytes) => (bytes / 2 ** 30).toFixed(2).padStart(7);
console.log(`${'run'.padEnd(52)} estimate measured   error  peak at`);
for (const { name, estimate, measured, error, peak } of rows)
  console.log(
    `${name.padEnd(52)} ${gib(estimate)}  ${gib(measured)} ${(100 * error).toFixed(1).padStart(6)}%  ${peak}`,
  );
console.log(
  `\n${rows.length} rows: median error ${(100 * median).toFixed(1)} %, largest ${(100 * largest).toFixed(1)} %`,
);
if (uncovered.length > 0) console.log('\nNot covered:');
for (const { name, reason } of uncovered) console.log(`${name.padEnd(52)} ${reason}`);
