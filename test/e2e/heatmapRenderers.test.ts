import { strict as assert } from 'node:assert';
import * as esbuild from 'esbuild';
import type { Browser, LaunchOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { SchemeName } from '../../webview-ui/shared/heatmap/types';
import type { Comparison, Drawing, page as heatmapPage } from './heatmapPage';

type HeatmapPage = typeof heatmapPage;

/** Views of the whole matrix, at 1:1, with fractional offsets, far in, and beyond the edge of the matrix. */
const VIEWPORTS: readonly Drawing['viewport'][] = [
  { x0: 0, x1: 900, y0: 0, y1: 700 },
  { x0: 200, x1: 640, y0: 100, y1: 430 },
  { x0: 211.37, x1: 411.9, y0: 240.0001, y1: 390.25 },
  { x0: 250.5, x1: 261.125, y0: 251.75, y1: 259.7 },
  { x0: -30.3, x1: 130, y0: 650, y1: 770 },
];
const SCHEMES: readonly SchemeName[] = ['redBlue', 'purpleOrange', 'brownTeal', 'viridis'];
const SIZES = [
  { width: 440, height: 330 },
  { width: 611, height: 247 },
];

const PLAIN: Drawing = {
  width: 440,
  height: 330,
  viewport: VIEWPORTS[2]!,
  color: { scheme: 'redBlue', limit: 0.31, scale: 'linear', reduction: 'mean' },
  theme: 'dark',
  values: 'ordinary',
  level: 0,
};

describe('the WebGL2 renderer', () => {
  let browser: Browser;
  let page: Page;

  before(async () => {
    const built = await esbuild.build({
      entryPoints: ['test/e2e/heatmapPage.ts'],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'heatmaps',
      loader: { '.css': 'empty' },
    });
    browser = await chromium.launch(JSON.parse(process.env['PEFT_E2E_BROWSER'] ?? '{}') as LaunchOptions);
    page = await browser.newPage();
    await page.addScriptTag({ content: built.outputFiles[0]?.text ?? '' });
    assert.equal(await call('works'), true, 'this browser has WebGL2');
  });
  after(() => browser.close());

  function call<K extends keyof HeatmapPage>(
    name: K,
    ...args: Parameters<HeatmapPage[K]>
  ): Promise<Awaited<ReturnType<HeatmapPage[K]>>> {
    const run = ([key, given]: [string, unknown[]]): unknown => {
      const { page: inside } = (
        globalThis as unknown as { heatmaps: { page: Record<string, (...all: unknown[]) => unknown> } }
      ).heatmaps;
      return inside[key]!(...given);
    };
    return page.evaluate(run, [name, args] as [string, unknown[]]) as Promise<Awaited<ReturnType<HeatmapPage[K]>>>;
  }

  function same(found: Comparison, what: unknown): void {
    assert.equal(
      found.differing,
      0,
      `${found.differing} pixels differ, first ${found.first} in ${JSON.stringify(what)}`,
    );
    assert.ok(found.covered > 1000 && found.colors > 20, `there is a picture: ${JSON.stringify(found)}`);
  }

  it('gives the pixels of Canvas2D for every scheme and scale, at every zoom and offset', async () => {
    for (const viewport of VIEWPORTS) {
      for (const scheme of SCHEMES) {
        for (const scale of ['linear', 'symlog'] as const) {
          for (const size of SIZES) {
            const drawing: Drawing = { ...PLAIN, ...size, viewport, color: { ...PLAIN.color, scheme, scale } };
            same(await call('compare', drawing), drawing);
          }
        }
      }
    }
  });

  it('gives them for every kind of float, NaN and subnormal numbers included, and for extreme limits', async () => {
    for (const limit of [0, 1e-45, 1e-39, 2e-38, 1e-5, 255, 510, 1e30, 3.4028234663852886e38]) {
      for (const scheme of ['redBlue', 'viridis'] as const) {
        for (const scale of ['linear', 'symlog'] as const) {
          const drawing: Drawing = { ...PLAIN, values: 'anyBits', color: { ...PLAIN.color, limit, scheme, scale } };
          const found = await call('compare', drawing);
          assert.equal(
            found.differing,
            0,
            `${found.differing} pixels differ, first ${found.first} in ${JSON.stringify(drawing)}`,
          );
        }
      }
    }
  });

  it('gives them for values exactly on the boundary between two colours', async () => {
    // These limits put the boundaries at k / 4096 + 1 / 8192 and similar values, which the page's values hit.
    for (const limit of [255 / 4096, 255 / 2048, 510 / 4096, 1, 0.5]) {
      const drawing: Drawing = { ...PLAIN, viewport: VIEWPORTS[1]!, color: { ...PLAIN.color, limit } };
      same(await call('compare', drawing), drawing);
    }
  });

  it('gives them for coarser levels', async () => {
    for (const level of [1, 2, 4]) {
      const drawing: Drawing = { ...PLAIN, level, viewport: VIEWPORTS[0]! };
      const found = await call('compare', drawing);
      assert.equal(found.differing, 0, `level ${level}: first ${found.first}`);
    }
  });

  it('stays within its limit of GPU bytes, and draws the same when tiles come and go', async () => {
    const { bytes, limit, ...found } = await call('compareCramped', { ...PLAIN, viewport: VIEWPORTS[0]! });
    same(found, 'a cramped GPU');
    assert.ok(bytes > 0 && bytes <= limit, `${bytes} of ${limit} bytes`);
  });

  it('continues without a lost context, requests a redraw, and returns when it is restored', async () => {
    const [before, atOnce, afterLoss, restored] = await call('loseAndRestore', PLAIN);
    for (const state of [before, atOnce, afterLoss, restored]) same(state!.found, state);
    assert.deepEqual(
      [before, afterLoss, restored].map((state) => state!.works),
      [true, false, true],
    );
    assert.deepEqual(
      [before, atOnce, afterLoss, restored].map((state) => state!.redraws),
      [0, 0, 1, 2],
    );
  });

  it('leaves drawing to Canvas2D if the browser would draw WebGL with the processor', async () => {
    const renderer = await page.evaluate(() => {
      const gl = document.createElement('canvas').getContext('webgl2')!;
      return String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')!.UNMASKED_RENDERER_WEBGL));
    });
    assert.equal(await call('worksByItself'), !/SwiftShader|llvmpipe/.test(renderer), renderer);
  });

  it('draws with Canvas2D if there is no WebGL2', async () => {
    const { works, found } = await call('withoutWebGl', PLAIN);
    assert.equal(works, false);
    same(found, 'no WebGL2');
  });
});
