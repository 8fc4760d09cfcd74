import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { useWindow } from './window';
import { eventually } from './workbench';

const ROWS = 300;
const COLUMNS = 500;
/** The special entries of the matrix in reading order. */
const NAN = [12, 34] as const;
const INFINITE = [299, 499] as const;
const LARGEST = [150, 7] as const;

/** Writes F32 tensors in the safetensors format, without code of src. */
function safetensors(
  tensors: readonly (readonly [name: string, shape: readonly number[], values: Float32Array])[],
): Buffer {
  let end = 0;
  const fields = tensors.map(([name, shape, { byteLength }]) => {
    const begin = end;
    end += byteLength;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`;
  });
  const header = Buffer.from(`{${fields.join(',')}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(([, , { buffer }]) => Buffer.from(buffer as ArrayBuffer))]);
}

function weight(): Float32Array {
  const values = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => Math.sin(i) / 8);
  const set = ([row, column]: readonly [number, number], value: number): void =>
    void (values[row * COLUMNS + column] = value);
  set(NAN, NaN);
  set(INFINITE, -Infinity);
  set(LARGEST, -3.5);
  return values;
}

describe('the inspector on weights of any kind', () => {
  const workbench = useWindow();
  const folder = (): string => path.join(process.env['PEFT_E2E_WORKSPACE'] ?? '', 'weights');

  const open = async (name: string, bytes: Buffer): Promise<Frame> => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path.join(folder(), name), bytes);
    await workbench().openFile(`weights/${name}`);
    return workbench().webviewFrame('inspector');
  };
  after(() => rmSync(folder(), { recursive: true, force: true }));

  /** Waits until the status line shows this entry with exactly this value: a rounded value comes first. */
  const tells = (view: Frame, [row, column]: readonly [number, number], value: string): Promise<true> =>
    eventually(`the status line tells that [${row}, ${column}] is ${value}`, async () => {
      // Both are read at once: between two reads the line may change to another entry.
      const line = await view
        .locator('.cell-status')
        .first()
        .evaluate((status) => ({
          where: status.querySelector('.where')?.textContent ?? '',
          value: status.querySelector('strong')?.textContent ?? '',
        }));
      return line.where.endsWith(`[${row}, ${column}]`) && line.value === value;
    });
  const focused = async (view: Frame, name: RegExp): Promise<Locator> => {
    const map = view.getByRole('application', { name });
    await map.waitFor();
    await workbench().parkPointer();
    await map.focus();
    return map;
  };

  it('moves the cursor to each NaN and infinity in turn, to the largest entry, and to a cell by indices', async () => {
    const view = await open('numbers.safetensors', safetensors([['w', [ROWS, COLUMNS], weight()]]));
    const map = await focused(view, /^w;/);
    await map.press('n');
    await tells(view, NAN, 'NaN');
    await map.press('n');
    await tells(view, INFINITE, '-Infinity');
    await map.press('n');
    await tells(view, NAN, 'NaN');
    await map.press('m');
    await tells(view, LARGEST, '-3.5');
    await map.press('g');
    const asked = view.getByRole('searchbox', { name: /Go to cell: row 0 to 299, column 0 to 499/ });
    await asked.fill('300, 0');
    await asked.press('Enter');
    await view.getByText('Expected row 0 to 299, column 0 to 499').waitFor();
    await asked.fill('[0, 0]');
    await asked.press('Enter');
    await tells(view, [0, 0], '0');
    await asked.waitFor({ state: 'detached' });
  });

  it('shows the position of a zoomed view in the matrix, and keeps the cursor in view', async () => {
    const view = await open('zoomed.safetensors', safetensors([['w', [ROWS, COLUMNS], weight()]]));
    const map = await focused(view, /^w;/);
    const across = view.locator('.heatmap-position-across').first();
    await across.waitFor({ state: 'hidden' });
    // The first press only shows the cursor.
    await map.press('Home');
    await map.press('End');
    for (let i = 0; i < 12; i++) await map.press('+');
    await across.waitFor();
    await eventually('the bar stands at the end', () =>
      across.evaluate((bar) => {
        const inner = bar.getBoundingClientRect();
        const outer = bar.parentElement!.getBoundingClientRect();
        return Math.abs(inner.right - outer.right) < 2 && inner.width < outer.width / 2;
      }),
    );
    await map.press('0');
    await across.waitFor({ state: 'hidden' });
  });

  it('updates the cell under a resting pointer when keys, wheel or a reset move the view', async () => {
    const view = await open('resting.safetensors', safetensors([['w', [ROWS, COLUMNS], weight()]]));
    const map = await focused(view, /^w;/);
    const plot = map.locator('.heatmap-plot');
    const { width, height } = (await plot.boundingBox())!;
    const status = view.locator('.cell-status').first();
    const where = (): Promise<string> =>
      status
        .locator('.where')
        .innerText({ timeout: 1000 })
        .catch(() => '');
    const tooltip = view.locator('.peft-tooltip');
    // A moving view shows each cell for a moment only, and the two places can be one cell apart.
    const changed = (what: string, from: string): Promise<string> =>
      eventually(what, async () => {
        const told = await where();
        return told !== from && told !== '' && (await tooltip.getByText(told).isVisible()) ? told : null;
      });
    await plot.hover({ position: { x: width * 0.75, y: height * 0.75 } });
    const whole = await changed('a cell is told', '');
    for (let i = 0; i < 4; i++) await map.press('+');
    await changed('the cell that the keys brought under the pointer is told', whole);
    await map.press('0');
    await eventually('the cell of the whole is told', async () => (await where()) === whole);
    // A wheel zoom keeps the cell under the pointer in place. A swipe moves it away.
    await workbench().page.mouse.wheel(0, -400);
    await eventually('the view is zoomed', () => view.locator('.heatmap-position-across').first().isVisible());
    const wheeled = await where();
    await workbench().page.mouse.wheel(-300, 0);
    await changed('the cell that the swipe brought under the pointer is told', wheeled);
    // Keys that move the cursor take over from the pointer, although it still rests on the picture.
    await map.press('Control+Home');
    await tells(view, [0, 0], '0');
  });

  it('shows untrusted names harmlessly, as complete text', async () => {
    const values = new Float32Array(4).fill(1);
    const names = [
      '__proto__',
      '<img src=x onerror="document.title=1">',
      'rtl\u202Etxt.exe',
      'bell\u0007\u001b[2J',
      '',
      '../../../etc/passwd',
      `long.${'x'.repeat(10_000)}`,
    ];
    const view = await open('names.safetensors', safetensors(names.map((name) => [name, [2, 2], values])));
    const list = view.getByRole('tree', { name: 'Tensors' });
    await list.waitFor();
    for (const shown of [
      '__proto__',
      '<img src=x onerror="document.title=1">',
      'rtl\\u{202e}txt.exe',
      'bell\\u{7}\\u{1b}[2J',
      '(empty name)',
    ]) {
      await list.getByText(shown, { exact: true }).waitFor();
    }
    // A name may be longer than its row, which is the visible part.
    const row = (text: string): Locator => list.getByRole('treeitem').filter({ hasText: text });
    await row('passwd').waitFor();
    assert.equal(await view.locator('img').count(), 0);
    await row('rtl').click();
    await view.getByRole('application', { name: /^rtl\\u\{202e\}txt\.exe;/ }).waitFor();
    await row('xxxx').click();
    await view.getByRole('application', { name: /^long\./ }).waitFor();
    assert.ok(
      await view.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
      'nothing reaches beyond the page',
    );
  });

  it('reports a deleted file and a failed reload, and shows the file again when it is back', async () => {
    const bytes = safetensors([['w', [ROWS, COLUMNS], weight()]]);
    const view = await open('gone.safetensors', bytes);
    await view.getByRole('application', { name: /^w;/ }).waitFor();
    rmSync(path.join(folder(), 'gone.safetensors'));
    const alert = view.getByRole('alert').filter({ hasText: 'deleted or moved' });
    await alert.waitFor();
    await alert.getByRole('button', { name: 'Reload' }).click();
    await view.getByText('This file cannot be shown').waitFor();
    writeFileSync(path.join(folder(), 'gone.safetensors'), bytes);
    await view.getByRole('button', { name: 'Reload' }).last().click();
    await view.getByRole('application', { name: /^w;/ }).waitFor();
  });

  it('reports a changed file, and shows the new contents after a reload', async () => {
    const view = await open('changed.safetensors', safetensors([['before', [ROWS, COLUMNS], weight()]]));
    await view.getByRole('application', { name: /^before;/ }).waitFor();
    writeFileSync(path.join(folder(), 'changed.safetensors'), safetensors([['after', [2, 3], new Float32Array(6)]]));
    const alert = view.getByRole('alert').filter({ hasText: 'The file changed' });
    await alert.waitFor();
    await alert.getByRole('button', { name: 'Reload' }).click();
    await view.getByRole('application', { name: /^after; 2 rows, 3 columns/ }).waitFor();
  });
});
