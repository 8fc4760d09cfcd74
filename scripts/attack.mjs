// `npm run attack`: workspaces and files as a stranger would make them, in the real VS Code with the packed extension.
// Prints the time and the memory of the extension host for each, with their limits, and fails if one is exceeded.
// `npm run attack -- NAME...` runs only the named scenarios; --packed uses the last package.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { startStage } from './lib/e2eStage.mjs';
import { inRoot, scratch } from './lib/paths.mjs';
import { bundleTests } from './lib/testBundles.mjs';

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
await bundleTests('attack', ['test/attack/main.ts']);
const { attack, chosenNames, tableOf } = createRequire(import.meta.url)(inRoot('out/test/attack/main.js'));

// Every opened file gets a tab of its own.
const SETTINGS = { 'workbench.editor.enablePreview': false };

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
    ...(special === 'slowDisk' && { env: slowDisk(directory) }),
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

/** Compiles the library that makes reads slow. Without a compiler the scenario says that it was not tried. */
function slowDisk(folder) {
  const library = inRoot('out/test/attack/slowDisk.so');
  const flags = ['-shared', '-fPIC', '-O1', '-o', library, inRoot('test/attack/slowDisk.c'), '-ldl'];
  const { status } = process.platform === 'linux' ? spawnSync('cc', flags, { stdio: 'inherit' }) : { status: null };
  return status === 0 ? { LD_PRELOAD: library, PEFT_SLOW_FOLDER: folder } : {};
}
