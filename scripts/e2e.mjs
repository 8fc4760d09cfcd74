// Runs test/e2e: a real VS Code (the embedded server) with the packed .vsix installed, driven through Chromium. `node
// scripts/e2e.mjs calculator` runs the files whose path contains the word.
import { rmSync } from 'node:fs';
import { finish } from './lib/counts.mjs';
import { startStage } from './lib/e2eStage.mjs';
import { runMocha } from './lib/runMocha.mjs';
import { bundleTests } from './lib/testBundles.mjs';

// Starting a workbench and opening a view takes seconds, or tens of seconds on a busy machine.
const TIMEOUT_MS = 120_000;

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const stage = await startStage('e2e');
const files = await bundleTests('e2e');
const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
const counts = await runMocha(chosen, { timeout: TIMEOUT_MS, slow: 0 });
await stage.stop();
if (counts.failed === 0) rmSync(stage.workspace, { recursive: true, force: true });
else console.error(`Screenshots of failed tests are in ${stage.pictures}; the server's log is ${stage.log}`);
await finish(counts);
