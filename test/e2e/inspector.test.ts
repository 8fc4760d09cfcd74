import { strict as assert } from 'node:assert';
import type { Frame } from 'playwright-core';
import { ADAPTER, deltaNorm, factors, LAYERS } from './sampleAdapter';
import { useWindow } from './window';
import { eventually } from './workbench';

describe('the inspector on a real adapter', () => {
  const workbench = useWindow();

  const openAdapter = async (): Promise<Frame> => {
    await workbench().openFile(ADAPTER);
    return workbench().webviewFrame('inspector');
  };
  const openModule = async (view: Frame, layer: number, projection: string): Promise<void> => {
    await view.getByRole('button', { name: new RegExp(`\\.${layer}\\..*${projection}: .*norm`) }).click();
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
  };

  it('shows a grid of layers and modules, with the norms of their products', async () => {
    const view = await openAdapter();
    const grid = view.getByRole('table', { name: 'Modules by layer' });
    await eventually(
      'all norms are there',
      async () => (await grid.getByRole('button', { name: /norm [0-9.]+$/ }).count()) === 2 * LAYERS,
    );
    for (const projection of ['q_proj', 'v_proj'] as const) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const label = await grid
          .getByRole('button', { name: new RegExp(`\\.${layer}\\..*${projection}`) })
          .getAttribute('aria-label');
        const shown = Number(/([0-9.]+)$/.exec(label ?? '')?.[1]);
        const expected = deltaNorm(layer, projection);
        assert.ok(
          Math.abs(shown - expected) < 1e-3 * expected,
          `layer ${layer} ${projection}: shows ${shown}, is ${expected}`,
        );
      }
    }
  });

  it('opens a module as the product of its factors', async () => {
    const view = await openAdapter();
    await openModule(view, 10, 'v_proj');
    assert.match(
      await view.getByRole('combobox', { name: 'Module' }).locator('option:checked').innerText(),
      /10\.attn\.attention\.v_proj/,
    );
    await eventually('A, B and the product are drawn', async () => (await view.getByRole('application').count()) >= 3);
    await workbench().heatmapsRead();
  });

  it('scans the whole file into a table that sorts, and opens a tensor from it in the tree', async () => {
    const view = await openAdapter();
    await view.getByRole('tab', { name: 'Scan' }).click();
    await view.getByRole('button', { name: 'Scan whole checkpoint' }).click();
    await view.getByText(`${4 * LAYERS} of ${4 * LAYERS} tensors scanned`).waitFor();
    await view.getByRole('button', { name: 'Sort by Euclidean norm' }).click();
    const norms = await view.locator('.scan-table .row .cell.norm').allInnerTexts();
    const { a } = factors(10, 'v_proj');
    assert.ok(Math.abs(Number(norms[0]) - Math.hypot(...a.values)) < 1e-3 * Number(norms[0]), norms[0]);
    assert.deepEqual(
      norms.map(Number),
      [...norms.map(Number)].sort((x, y) => y - x),
    );
    await view.locator('.scan-table .row').first().dblclick();
    const chosen = view.getByRole('treeitem', { selected: true });
    await chosen.waitFor();
    assert.match((await chosen.getAttribute('title')) ?? '', /h\.10\.attn\.attention\.v_proj\.lora_A\.weight(\n|$)/);
  });

  it('shows the stored value at the keyboard cursor, as the file has it', async () => {
    const view = await openAdapter();
    await openModule(view, 3, 'q_proj');
    const map = view.getByRole('application', { name: /^A\b/ });
    await map.focus();
    await map.press('Home');
    await map.press('ArrowRight');
    const { where, value } = await eventually('the status line tells a cell', async () => {
      const place = await view
        .locator('.cell-status .where')
        .first()
        .innerText({ timeout: 1000 })
        .catch(() => '');
      const text = await view
        .locator('.cell-status strong')
        .first()
        .innerText({ timeout: 1000 })
        .catch(() => '');
      return /\[\d+, \d+\]/.test(place) && /\d/.test(text) && { where: place, value: Number(text) };
    });
    assert.match(where, /h\.3\.attn\.attention\.q_proj\.lora_A\.weight\[/);
    const [row, column] = (/\[(\d+), (\d+)\]/.exec(where) ?? []).slice(1).map(Number);
    const { a } = factors(3, 'q_proj');
    assert.equal(Math.fround(value), a.values[(row ?? NaN) * a.shape[1] + (column ?? NaN)]);
    const spoken = view.locator('[aria-live="polite"]', { hasText: String(value) });
    await spoken.first().waitFor({ state: 'attached' });
  });

  it('keeps the module in view when the window is reloaded', async () => {
    await openModule(await openAdapter(), 7, 'v_proj');
    await workbench().reload();
    const view = await workbench().webviewFrame('inspector');
    await view.getByRole('tab', { name: 'LoRA', selected: true }).waitFor();
    assert.match(
      await view.getByRole('combobox', { name: 'Module' }).locator('option:checked').innerText(),
      /7\.attn\.attention\.v_proj/,
    );
  });

  it('follows the theme and never clips', async () => {
    const view = await openAdapter();
    await view.getByRole('table', { name: 'Modules by layer' }).waitFor();
    const background = (): Promise<string> => view.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const seen = new Set<string>();
    for (const theme of ['Light Modern', 'Dark High Contrast', 'Dark Modern'] as const) {
      await workbench().setTheme(theme);
      await eventually('the background changes', async () => !seen.has(await background()));
      seen.add(await background());
    }
    for (const width of [1400, 700]) {
      await workbench().page.setViewportSize({ width, height: 900 });
      await eventually(`the page fits a window ${width} pixels wide`, () =>
        view.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
      );
    }
    await workbench().page.setViewportSize({ width: 1400, height: 900 });
  });

  it('names the fault of a truncated file, and shows its readable part', async () => {
    await workbench().openFile('broken/truncated.safetensors');
    const view = await workbench().webviewFrame('inspector');
    await view
      .getByText(/truncated|missing|too short|beyond|ends/i)
      .first()
      .waitFor();
    await view.getByRole('tab', { name: 'Tensors' }).waitFor();
  });
});
