import { strict as assert } from 'node:assert';
import { colourViolationsIn, violationsIn } from './axe';
import { VIEWS, writeViewedFiles } from './everyView';
import { ADAPTER } from './sampleAdapter';
import { useWindow } from './window';
import { eventually } from './workbench';

const THEMES = ['Light Modern', 'Dark Modern', 'Light High Contrast', 'Dark High Contrast'] as const;
/** The theme of the profile, which later tests expect. */
const USUAL = 'Dark Modern';
const SETTLE_MS = 8000;

describe('every view in every theme', () => {
  const workbench = useWindow();

  before(writeViewedFiles);

  after(() => workbench().setTheme(USUAL));

  VIEWS.forEach(({ name, webview, open }, index) => {
    // A view begins with the theme in which the last one ended: changing it takes a second.
    const themes = index % 2 === 0 ? THEMES : [...THEMES].reverse();
    it(`violates no rule of WCAG 2.2 AA: ${name}`, async () => {
      await open(workbench());
      const found: string[] = [];
      for (const [turn, theme] of themes.entries()) {
        // A theme changes colours alone, so the other rules need be asked once.
        const violations = turn === 0 ? violationsIn : colourViolationsIn;
        await workbench().setTheme(theme);
        const view = await workbench().webviewFrame(webview);
        await workbench().heatmapsRead();
        let last: readonly string[] = [];
        // VS Code sends the colours of a theme a moment after it has changed the workbench.
        const clean = async (): Promise<boolean> => (last = await violations(view)).length === 0;
        await eventually('axe finds nothing', clean, SETTLE_MS).catch(() => undefined);
        found.push(...last.map((line) => `${theme}: ${line}`));
      }
      assert.deepEqual(found, []);
    });
  });
});

describe('the keyboard', () => {
  const workbench = useWindow();

  it('stays in the page when Enter opens a module of the grid', async () => {
    await workbench().openFile(ADAPTER);
    const view = await workbench().webviewFrame('inspector');
    const cell = view.locator('button.cell').first();
    await cell.focus();
    await cell.press('Enter');
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
    await eventually('a matrix has the focus', () =>
      view.evaluate(() => document.activeElement?.role === 'application'),
    );
  });

  it("opens the list of keys with '?', and closes it with Escape", async () => {
    await workbench().openFile(ADAPTER);
    const view = await workbench().webviewFrame('inspector');
    await view.locator('button.cell').first().press('?');
    const dialog = view.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    assert.deepEqual(await violationsIn(view), []);
    await dialog.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});
