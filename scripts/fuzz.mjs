// Sends damaged and generated inputs through the product: `npm run fuzz -- --kind=configs,python --cases=10000 --seed=1`.
// `--only=N` repeats one case.
import { fork } from 'node:child_process';
import * as path from 'node:path';
import * as esbuild from 'esbuild';
import { buildKernels } from './kernels.mjs';
import { root } from './lib/paths.mjs';

/** A case may take a second. A process that is silent for this long hangs. */
const PATIENCE_MS = 20_000;

const outfile = path.join(root, 'out/fuzz/fuzz.cjs');
await buildKernels();
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['test/fuzz/fuzz.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'inline',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
});

const child = fork(outfile, process.argv.slice(2), { cwd: root, execArgv: ['--enable-source-maps'] });
let [last, heard] = ['', Date.now()];
child.on('message', (label) => {
  last = label;
  heard = Date.now();
});
const watch = setInterval(() => {
  if (Date.now() - heard < PATIENCE_MS) return;
  console.error(`FAULT ${last}: it hangs`);
  child.kill('SIGKILL');
}, 1000);
child.on('exit', (code) => {
  clearInterval(watch);
  if (code !== 0) console.error(`the last case was ${last}`);
  process.exitCode = code ?? 1;
});
