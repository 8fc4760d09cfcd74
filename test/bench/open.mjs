// npm run bench:open: opens a file of 20 GB and a model of 500 GB in 64 shards, all holes, in the real VS Code. Prints
// the time from the click to the first heatmap on the screen, the bytes read, and the memory of the extension host with
// all its threads, including the worker, while the largest tensors are panned and zoomed.
//   --runs=N  openings of each, 5 by default; the minimum counts     --seconds=N  of panning and zooming, 60 by default
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { startStage } from '../../scripts/lib/e2eStage.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { bundleTests } from '../../scripts/lib/testBundles.mjs';

const option = (name, otherwise) =>
  Number(process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
const runs = option('runs', 5);
const seconds = option('seconds', 60);
const UNDISTURBED_MS = 1500;
const TARGETS = { openMs: 700, bytes: 2 ** 20, memory: 300 * 2 ** 20 };

/**
 * Runs in every document of the window: records the time of the last click, and the time when a heatmap first has a
 * pixel at its centre. Heatmaps draw in animation frames, and the result of one is on the screen with the next.
 */
const WATCH = `{
  addEventListener('click', () => (globalThis.clickedAt = Date.now()), true);
  const nextFrame = requestAnimationFrame.bind(globalThis);
  const look = () => {
    const canvas = document.querySelector('.heatmap-cells');
    if (globalThis.paintedAt || !canvas || canvas.width === 0 || canvas.height === 0) return;
    const [, , , opacity] = canvas.getContext('2d').getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
    if (opacity > 0) nextFrame(() => (globalThis.paintedAt = Date.now()));
  };
  globalThis.requestAnimationFrame = (draw) => nextFrame((now) => {
    draw(now);
    look();
  });
}`;

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 0)} MB`;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

// An index opens as text by default.
const stage = await startStage('open', {
  'workbench.editorAssociations': { '*.safetensors.index.json': 'peft.indexInspector' },
});
const bundle = inRoot('out/bench/counted.cjs');
await build({
  entryPoints: [inRoot('test/bench/counted.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  logLevel: 'warning',
});
await bundleTests('e2e', ['test/e2e/workbench.ts', 'test/e2e/extensionHost.ts']);
const require = createRequire(import.meta.url);
const { eventually, launch } = require(inRoot('out/test/e2e/workbench.js'));
const { bytesReadOf, extensionHostOf, memoryOf } = require(inRoot('out/test/e2e/extensionHost.js'));
const { bytesAtOpening, writeSparseFile, writeSparseShards } = require(bundle);

const folder = mkdtempSync(path.join(stage.workspace, 'sparse-'));
let missed = 0;
const say = (what, text, met) => {
  if (!met) missed++;
  console.log(`  ${what.padEnd(34)}${text}${met ? '' : '  MISSED'}`);
};
try {
  for (const [what, write] of [
    ['one file', writeSparseFile],
    ['64 shards', writeSparseShards],
  ]) {
    const model = write(path.join(folder, what.replace(' ', '-')));
    if (!model) throw new Error(`${folder} does not support sparse files of this length`);
    console.log(
      `${what}: ${(model.bytes / 1e9).toFixed(0)} GB, ${model.tensors} tensors, ` +
        `${megabytes(model.headerBytes)} of headers; load ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} cores`,
    );
    const { opening, tile } = await bytesAtOpening(model.file);
    const more = opening - model.headerBytes;
    say(
      'bytes read at opening',
      `${megabytes(opening)}, ${more} bytes beyond the headers; for the first tile ${megabytes(tile)}`,
      more <= TARGETS.bytes,
    );
    await measure(path.relative(stage.workspace, model.file));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  await stage.stop();
}
console.log(missed === 0 ? 'all targets met' : `${missed} missed: ${JSON.stringify(TARGETS)}`);
process.exit(missed === 0 ? 0 : 1);

async function measure(file) {
  const workbench = await launch({ width: 1400, height: 900, script: WATCH });
  const times = [];
  let reads = NaN;
  let before = NaN;
  try {
    for (let run = 0; run < runs; run++) {
      const host = extensionHostOf(stage.pid);
      if (run === 0 && host) {
        before = await settled(() => memoryOf(host).resident);
        reads = bytesReadOf(host);
      }
      times.push(await openOnce(workbench, file));
      if (run === 0 && host) reads = bytesReadOf(host) - reads;
      if (run < runs - 1) await workbench.closeAllEditors();
    }
    const [first, ...later] = times;
    const least = Math.min(...times);
    const middle = later.length ? `${median(later)} ms median, ` : '';
    say(
      'click to first heatmap',
      `${least} ms minimum of ${runs}, ${middle}${first} ms for the first in a new window`,
      least < TARGETS.openMs,
    );
    const host = extensionHostOf(stage.pid);
    const moves = await moveAbout(workbench);
    if (!host) return console.log('  memory is measured on Linux only');
    console.log(
      `  ${'read by the extension host'.padEnd(34)}${megabytes(reads)} in the first ${UNDISTURBED_MS / 1000} s, ` +
        'including its own scripts and sockets',
    );
    const { resident, peak } = memoryOf(host);
    say(
      `memory after ${moves} moves`,
      `${megabytes(resident)} of the whole extension host, at most ${megabytes(peak)}; ` +
        `${megabytes(before)} before the first file, so ${megabytes(peak - before)} for ours`,
      peak - before < TARGETS.memory,
    );
  } finally {
    await workbench.close();
  }
}

/** Reads the value of a settled host. Otherwise other extensions that are still loading would be counted as ours. */
async function settled(read) {
  for (let last = read(); ;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = read();
    if (Math.abs(now - last) < 2 ** 20) return now;
    last = now;
  }
}

/** The last click of openFile is on the file's row. The page gets no requests meanwhile, because they take its time. */
async function openOnce(workbench, file) {
  await workbench.openFile(file);
  await new Promise((resolve) => setTimeout(resolve, UNDISTURBED_MS));
  const view = await workbench.webviewFrame('inspector');
  const painted = await eventually('a heatmap is painted', () => view.evaluate(() => globalThis.paintedAt));
  return painted - (await workbench.page.evaluate(() => globalThis.clickedAt));
}

/** Zooms and pans one large tensor after the other in random steps, the same in every run. */
async function moveAbout(workbench) {
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  const end = Date.now() + seconds * 1000;
  let moves = 0;
  for (let turn = 0; Date.now() < end; turn++) {
    const rows = view.locator('[role="treeitem"].row:not(.group), .row:not(.group)');
    await rows.nth(turn % Math.max(1, await rows.count())).click();
    const map = view.getByRole('application').first();
    await map.waitFor();
    const box = await map.boundingBox();
    for (let step = 0; step < 40 && Date.now() < end; step++, moves++) {
      const at = (k) => ((turn * 40 + step) * k) % 1;
      await workbench.page.mouse.move(
        box.x + box.width * (0.2 + 0.6 * at(0.618)),
        box.y + box.height * (0.2 + 0.6 * at(0.414)),
      );
      await workbench.page.mouse.wheel(0, step % 20 < 12 ? -300 : 300);
      await workbench.page.mouse.down();
      await workbench.page.mouse.move(
        box.x + box.width * (0.2 + 0.6 * at(0.732)),
        box.y + box.height * (0.2 + 0.6 * at(0.236)),
        { steps: 4 },
      );
      await workbench.page.mouse.up();
    }
  }
  return moves;
}
