// `npm run attack`: workspaces and files as a stranger would make them, in the real VS Code with the packed extension.
// Prints the time and the memory of the extension host for each, with their limits, and fails if one is exceeded.
// `npm run attack -- NAME...` runs only the named scenarios; --packed uses the last package.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { startStage } from './lib/e2eStage.mjs';
import { inRoot, scratch } from './lib/paths.mjs';
import { bundleTests } from './lib/testBundles.mjs';

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
await bundleTests('attack', ['test/attack/main.ts']);
const { attack, chosenNames, tableOf } = createRequire(import.meta.url)(inRoot('out/test/attack/main.js'));

const SETTINGS = {
  // Every opened file gets a tab of its own.
  'workbench.editor.enablePreview': false,
  // VS Code's own git extension, which lives in the same process, would start git once for each folder of the first
  // level. Its time and memory would count as ours.
  'git.autoRepositoryDetection': false,
};
// Makes the files of a folder slow in the processes and threads that load it. `--import` does not wait in threads.
const SLOW_DISK = ['--require', inRoot('test/attack/slowDisk.mjs')];

const rows = [];
let allHeld = true;
for (const special of ['', 'restricted', 'slowDisk']) {
  const names = chosenNames(wanted, special);
  if (names.length === 0) continue;
  const name = `attack${special}`;
  const directory = path.join(scratch, name, 'attacked');
  const stage = await startStage(name, SETTINGS, {
    restricted: special === 'restricted',
    packed: rows.length > 0,
    ...(special === 'slowDisk' && { execArgv: SLOW_DISK, env: { PEFT_SLOW_FOLDER: directory } }),
  });
  mkdirSync(directory);
  try {
    const outcome = await attack(names, stage.pid, directory);
    rows.push(...outcome.rows);
    allHeld &&= outcome.held;
  } finally {
    await stage.stop();
  }
}
console.log(`\n${tableOf(rows)}`);
process.exit(allHeld ? 0 : 1);
