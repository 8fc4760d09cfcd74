// npm run bench:fps: frames per second while a 4096 x 11008 weight is panned and zoomed in the real VS Code, at 1400 x
// 900, in headless Chromium, whose WebGL is drawn by the processor. Prints what the inspector chooses there, Canvas2D,
// and WebGL2 when made to. Other work on the machine slows it down; the processor time of a frame says what it takes.
//   --seconds=N  of each run, 6 by default     --rounds=N  runs of each, 3 by default; the middle one by its average counts
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

/** Hides what a context is drawn by, so that it passes for a GPU's, in every document of the window. */
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
      `${renderer.padEnd(9)} ${motion.padEnd(5)} ${middle.mean.toFixed(1)} frames a second on the average (${averages}; median ${middle.fps.toFixed(1)}), 95 % of frames within ` +
        `${middle.p95.toFixed(1)} ms; script ${middle.busy.toFixed(1)} ms, all processes ${middle.processor.toFixed(1)} ms a frame; ` +
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

/** Of all of the browser's processes so far, in ms. */
async function processorTime(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

/** In the page: moves once a frame as a user would, and returns the time between frames and that of our own script. */
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
  // In far enough that there is somewhere to pan to.
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
    // Our own draw was asked for in the same frame: what follows this callback's start and precedes this task is it.
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
