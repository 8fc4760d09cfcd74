import { strict as assert } from 'node:assert';
import type { Frame } from 'playwright-core';
import { colourViolationsIn, violationsIn } from './axe';
import { clippedIn } from './clipped';
import { VIEWS, writeViewedFiles } from './everyView';
import { useWindow } from './window';
import { eventually } from './workbench';

const SMALL_SIZES = [
  { width: 800, height: 600 },
  { width: 1000, height: 700 },
] as const;
const USUAL_SIZE = { width: 1400, height: 900 } as const;
const THEMES = ['Light Modern', 'Dark Modern', 'Light High Contrast', 'Dark High Contrast'] as const;
/** The theme of the profile, which later tests expect. */
const USUAL_THEME = 'Dark Modern';
/** A page that is being laid out has cut texts for a moment. */
const LAYOUT_MS = 3000;
/** VS Code sends the colours of a theme a moment after it has changed the workbench. */
const THEME_MS = 8000;

/** What is still found after a time; empty as soon as nothing is. */
async function lasting(ms: number, find: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let last: readonly string[] = [];
  const isClean = async (): Promise<boolean> => (last = await find()).length === 0;
  await eventually('nothing is found', isClean, ms).catch(() => undefined);
  return last;
}

// One visit serves both questions, because opening a view takes as long as asking them.
describe('every view', () => {
  const workbench = useWindow();

  before(writeViewedFiles);

  after(() => workbench().setTheme(USUAL_THEME));

  const cutTexts = async (view: Frame): Promise<string[]> => {
    const found: string[] = [];
    for (const size of SMALL_SIZES) {
      await workbench().page.setViewportSize(size);
      await workbench().heatmapsRead();
      const cut = await lasting(LAYOUT_MS, () => view.evaluate(clippedIn));
      found.push(...cut.map((line) => `${size.width} x ${size.height}: ${line}`));
    }
    await workbench().page.setViewportSize(USUAL_SIZE);
    return found;
  };

  const violations = async (
    themes: readonly (typeof THEMES)[number][],
    view: () => Promise<Frame>,
  ): Promise<string[]> => {
    const found: string[] = [];
    for (const [turn, theme] of themes.entries()) {
      await workbench().setTheme(theme);
      const frame = await view();
      await workbench().heatmapsRead();
      // A theme changes colours alone, so the other rules need be asked once.
      const broken = await lasting(THEME_MS, () => (turn === 0 ? violationsIn(frame) : colourViolationsIn(frame)));
      found.push(...broken.map((line) => `${theme}: ${line}`));
    }
    return found;
  };

  VIEWS.forEach(({ name, webview, open }, index) => {
    // A view begins with the theme in which the last one ended: changing it takes a second.
    const themes = index % 2 === 0 ? THEMES : [...THEMES].reverse();
    it(`is neither cut nor thinner than 24 px in a small window, and keeps to WCAG 2.2 AA: ${name}`, async () => {
      const cut = await cutTexts(await open(workbench()));
      const broken = await violations(themes, () => workbench().webviewFrame(webview));
      assert.deepEqual([...cut, ...broken], []);
    });
  });
});
