import { strict as assert } from 'node:assert';
import { clippedIn } from './clipped';
import { VIEWS, writeViewedFiles } from './everyView';
import { useWindow } from './window';
import { eventually } from './workbench';

const SIZES = [
  { width: 800, height: 600 },
  { width: 1000, height: 700 },
] as const;
const USUAL = { width: 1400, height: 900 } as const;
/** A page that is being laid out has cut texts for a moment. */
const SETTLE_MS = 3000;

describe('every view', () => {
  const workbench = useWindow();

  before(writeViewedFiles);

  for (const { name, open } of VIEWS) {
    it(`is neither cut nor thinner than 24 px in a small window: ${name}`, async () => {
      const view = await open(workbench());
      const found: string[] = [];
      for (const size of SIZES) {
        await workbench().page.setViewportSize(size);
        await workbench().heatmapsRead();
        let last: readonly string[] = [];
        const settled = async (): Promise<boolean> => (last = await view.evaluate(clippedIn)).length === 0;
        await eventually('nothing is cut', settled, SETTLE_MS).catch(() => undefined);
        found.push(...last.map((line) => `${size.width} x ${size.height}: ${line}`));
      }
      await workbench().page.setViewportSize(USUAL);
      assert.deepEqual(found, []);
    });
  }
});
