// Makes the table of expectations of the lab: every task with every method, several seeds. `node scripts/lab/table.mjs`
// trains the runs that out/lab/runs does not hold yet, and writes media/lab/table.json and the table of CONTRIBUTING from
// all that it holds, so it may be stopped and started again. `--seeds=0,1,2`, `--tasks=code1,steer`, `--methods=full`
// choose runs; `--write` trains none. The times are those of one core, whatever else the machine does.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { inRoot } from '../lib/paths.mjs';
import { readBase } from './base.mjs';
import { labLibrary } from './library.mjs';
import { ROWS, writeTable } from './tableText.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    tasks: { type: 'string' },
    methods: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const folder = inRoot('out/lab/runs');
mkdirSync(folder, { recursive: true });
const library = await labLibrary();
const { LabRun, TASK_NAMES } = library;
const base = readBase(library);
const tasks = values.tasks?.split(',') ?? TASK_NAMES;
const rows = values.methods ? ROWS.filter(({ name }) => values.methods.split(',').includes(name)) : ROWS;

function train(task, row, seed) {
  const run = new LabRun({ base, task, seed, ...row.options });
  const before = process.cpuUsage();
  run.advance(run.steps);
  const used = process.cpuUsage(before);
  const seconds = (used.user + used.system) / 1e6;
  const { old, task: exact } = run.evaluate(true);
  const { trainable, kept, sizes } = run.plan;
  run.dispose();
  return {
    task,
    method: row.name,
    seed,
    exact,
    old: old.mean,
    loss: run.losses.at(-1),
    seconds,
    trainable,
    kept,
    sizes,
  };
}

for (const seed of values.write ? [] : values.seeds.split(',').map(Number)) {
  for (const task of tasks) {
    for (const row of rows) {
      const file = `${folder}/${task}.${row.name}.${seed}.json`;
      if (existsSync(file)) continue;
      const result = train(task, row, seed);
      console.log(
        `${task} ${row.name} ${seed}: ${(100 * result.exact).toFixed(1)} %, old ${(100 * result.old).toFixed(0)} %`,
      );
      writeFileSync(`${file}.new`, JSON.stringify(result));
      renameSync(`${file}.new`, file);
    }
  }
}
const results = TASK_NAMES.flatMap((task) =>
  ROWS.flatMap(({ name }) =>
    [0, 1, 2].map((seed) => `${folder}/${task}.${name}.${seed}.json`).filter((file) => existsSync(file)),
  ),
).map((file) => JSON.parse(readFileSync(file, 'utf8')));
writeTable(results, TASK_NAMES);
