// npm run bench:fps: frames per second while a 4096 x 11008 weight is panned and zoomed in the real VS Code, at
// 1400 x 900, in headless Chromium, which draws WebGL on the processor. Measures the renderer that the inspector
// chooses there (Canvas2D), and WebGL2 by force. Other work on the machine lowers the rate; the processor time per
// frame shows the cost.
//   --seconds=N  length of a run, 6 by default
//   --rounds=N   runs of each kind, 3 by default; the median by mean rate counts
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { startStage } from '../../scripts/lib/e2eStage.mjs';
import { writeProjection } from '../../scripts/lib/largeWeights.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { bundleTests } from '../../scripts/lib/testBundles.mjs';

const option = (name, otherwise) =>
  Number(process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
const seconds = option('seconds', 6);
const rounds = option('rounds', 3);
const WEIGHT = /gate_proj/;

/** Hides the name of the renderer in every document of the window, so that it passes for a GPU. */
const HIDE_RENDERER = `{
  const { getExtension } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.getExtension = function (name) {
    return name === 'WEBGL_debug_renderer_info' ? null : getExtension.call(this, name);
  };
}`;
const RENDERERS = { Canvas2D: undefined, WebGL2: HIDE_RENDERER };

const stage = await startStage('fps');
writeProjection(path.join(stage.workspace, 'weights'));
await bundleTests('e2e', ['test/e2e/workbench.ts']);
const { launch } = createRequire(import.meta.url)(inRoot('out/test/e2e/workbench.js'));

for (const [renderer, script] of Object.entries(RENDERERS)) {
  const workbench = await launch({ width: 1400, height: 900, ...(script && { script }) });
  await workbench.openFile('weights/projection.safetensors');
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  const map = view.getByRole('application', { name: WEIGHT });
  await map.waitFor();
  const browser = await workbench.page.context().browser().newBrowserCDPSession();
  for (const motion of ['pan', 'zoom']) {
    const found = [];
    for (let round = 0; round < rounds; round++) {
      await map.focus();
      await map.press('0');
      const before = await processorTime(browser);
      const { frames, script: busy } = await map.evaluate(play, { motion, ms: seconds * 1000 });
      found.push({
        ...summary(frames),
        busy: median(busy),
        processor: ((await processorTime(browser)) - before) / frames.length,
      });
    }
    const averages = found.map(({ mean }) => mean.toFixed(1)).join(', ');
    const middle = found.sort((a, b) => b.mean - a.mean)[found.length >> 1];
    console.log(
      `${renderer.padEnd(9)} ${motion.padEnd(5)} ${middle.mean.toFixed(1)} frames per second on average ` +
        `(${averages}; median ${middle.fps.toFixed(1)}), 95 % of frames within ${middle.p95.toFixed(1)} ms; ` +
        `per frame ${middle.busy.toFixed(1)} ms of script and ${middle.processor.toFixed(1)} ms of all processes; ` +
        `load ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} cores`,
    );
  }
  await workbench.close();
}
await stage.stop();
process.exit(0);

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function summary(frames) {
  const sorted = [...frames].sort((a, b) => a - b);
  const mean = (1000 * frames.length) / frames.reduce((sum, ms) => sum + ms, 0);
  return { fps: 1000 / median(frames), mean, p95: sorted[Math.floor(sorted.length * 0.95)] };
}

/** Processor time of all of the browser's processes so far, in ms. */
async function processorTime(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

/**
 * Runs in the page: moves once per frame, as a user would, and returns the frame times and the time of our own script.
 */
async function play(element, { motion, ms }) {
  const plot = element.querySelector('.heatmap-plot');
  const { left, top, width, height } = plot.getBoundingClientRect();
  const send = (type, x, y, buttons) =>
    (type === 'mousedown' ? plot : window).dispatchEvent(
      new MouseEvent(type, {
        clientX: left + x,
        clientY: top + y,
        buttons,
        button: 0,
        bubbles: true,
        cancelable: true,
        view: window,
      }),
    );
  const wheel = (deltaY) =>
    plot.dispatchEvent(
      new WheelEvent('wheel', {
        deltaY,
        clientX: left + width * 0.4,
        clientY: top + height * 0.6,
        bubbles: true,
        cancelable: true,
      }),
    );
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // Zooms in far enough to have room for panning.
  for (let i = 0; motion === 'pan' && i < 12; i++) wheel(-100);
  for (let i = 0; i < 30; i++) await nextFrame();
  const frames = [];
  const script = [];
  const position = (share) => [
    width / 2 + Math.cos(share * 9) * width * 0.3,
    height / 2 + Math.sin(share * 7) * height * 0.3,
  ];
  if (motion === 'pan') send('mousedown', ...position(0), 1);
  const begin = performance.now();
  let last = await nextFrame();
  let steps = 0;
  while (last - begin < ms) {
    if (motion === 'pan') send('mousemove', ...position((last - begin) / ms), 1);
    else wheel(Math.floor(steps++ / 60) % 2 === 0 ? -25 : 25);
    const now = await nextFrame();
    // The draw runs in the same frame, after this callback and before the next task.
    const started = performance.now();
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
    script.push(performance.now() - started);
    frames.push(now - last);
    last = now;
  }
  if (motion === 'pan') send('mouseup', ...position(1), 0);
  return { frames, script };
}
