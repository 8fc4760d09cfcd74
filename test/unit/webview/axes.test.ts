import { strict as assert } from 'node:assert';
import { colorTicks } from '../../../webview-ui/shared/colorTicks';
import { bandMarks, elide } from '../../../webview-ui/shared/heatmap/bands';
import { naturalMargins, resolveMargins, widestMargins } from '../../../webview-ui/shared/heatmap/margins';
import {
  integerTicks,
  maxHorizontalTicks,
  maxVerticalTicks,
  niceIntegerStep,
} from '../../../webview-ui/shared/heatmap/ticks';
import type { ColorSettings } from '../../../webview-ui/shared/heatmap/types';

const sevenAChar = (text: string): number => text.length * 7;

describe('ticks of whole numbers', () => {
  it('step by 1, 2 or 5 times a power of ten, never less than the room requires', () => {
    assert.deepEqual(
      [0.01, 1, 1.1, 2.5, 5, 6, 99, 101, 2300].map(niceIntegerStep),
      [1, 1, 2, 5, 5, 10, 100, 200, 5000],
    );
  });

  it('label every cell if there are few, and no fraction of a cell', () => {
    assert.deepEqual(integerTicks(0, 8, 8, 40), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(integerTicks(2.2, 3.9, 8, 10), [2, 3]);
    assert.deepEqual(integerTicks(2.6, 3.4, 8, 10), []);
  });

  it('lie on multiples of the step, within the matrix and within view', () => {
    assert.deepEqual(integerTicks(0, 256, 256, 6), [0, 50, 100, 150, 200, 250]);
    for (const [start, end, entries, most] of [
      [17.5, 900.25, 11008, 7],
      [0, 151936, 151936, 12],
      [4090, 4096, 4096, 3],
    ] as const) {
      const ticks = integerTicks(start, end, entries, most);
      assert.ok(ticks.length > 0 && ticks.length <= most + 1, `${ticks.length} ticks`);
      for (const tick of ticks)
        assert.ok(Number.isInteger(tick) && tick + 0.5 >= start && tick + 0.5 <= end && tick < entries);
    }
  });

  it('are few enough that labels never overlap', () => {
    assert.ok(maxHorizontalTicks(500, 40) * 40 < 500);
    assert.ok(maxVerticalTicks(150) * 14 < 150);
    assert.equal(maxHorizontalTicks(10, 40), 1);
    assert.equal(maxVerticalTicks(3), 1);
  });
});

describe('brackets of bands', () => {
  const heads = [
    { start: 0, end: 64, label: 'head 0' },
    { start: 64, end: 128, label: 'head 1' },
  ];

  it('span their range of the axis', () => {
    const [first, second] = bandMarks(heads, 0, 128, 256, sevenAChar);
    assert.deepEqual([first?.from, first?.to, second?.from, second?.to], [0, 128, 128, 256]);
    assert.equal(first?.label, 'head 0');
    assert.ok(first?.startsHere && first.endsHere);
  });

  it('are cut to the view and left open where they continue beyond it', () => {
    const [mark] = bandMarks([heads[0]!], 32, 48, 160, sevenAChar);
    assert.deepEqual([mark?.from, mark?.to, mark?.startsHere, mark?.endsHere], [0, 160, false, false]);
    assert.deepEqual(bandMarks([heads[0]!], 64, 128, 160, sevenAChar), []);
  });

  it('lose their label, then themselves, as they shrink', () => {
    const label = (pixels: number): string | undefined => bandMarks(heads, 0, 128, pixels, sevenAChar)[0]?.label;
    assert.deepEqual([120, 66, 20, 5].map(label), ['head 0', 'hea…', '', undefined]);
  });

  it('elide by whole characters, and keep a text that fits', () => {
    assert.equal(elide('query', 35, sevenAChar), 'query');
    assert.equal(elide('query', 34, sevenAChar), 'que…');
    assert.equal(elide('query', 7, sevenAChar), '');
    assert.equal(elide('👍👍👍👍', 36, sevenAChar), '👍👍…');
  });
});

describe('margins', () => {
  const options = { label: 'm', rowLabel: 'r', columnLabel: 'c' };

  it('make room for the widest row index', () => {
    const small = naturalMargins(options, { rows: 8, columns: 8 });
    const large = naturalMargins(options, { rows: 151936, columns: 8 });
    assert.ok(large.left > small.left + 30);
    assert.equal(large.top, small.top);
  });

  it('leave the room of absent axes to the plot', () => {
    const none = naturalMargins({ ...options, axes: { top: false, left: false } }, { rows: 4096, columns: 4096 });
    assert.ok(Math.max(none.top, none.left, none.right, none.bottom) <= 2, JSON.stringify(none));
  });

  it('make room for brackets on the sides that have them', () => {
    const plain = naturalMargins(options, { rows: 10, columns: 10 });
    const bands = [{ start: 0, end: 5, label: 'prefix' }];
    assert.ok(naturalMargins({ ...options, rowBands: bands }, { rows: 10, columns: 10 }).right > plain.right);
    assert.ok(naturalMargins({ ...options, columnBands: bands }, { rows: 10, columns: 10 }).bottom > plain.bottom);
  });

  it('can be fixed on some sides to align heatmaps', () => {
    const size = { rows: 10, columns: 10 };
    const natural = naturalMargins(options, size);
    assert.deepEqual(resolveMargins({ ...options, margins: { left: 99 } }, size), { ...natural, left: 99 });
    assert.deepEqual(widestMargins([natural, { top: 1, right: 50, bottom: 1, left: 1 }]), { ...natural, right: 50 });
  });
});

describe('the axis of a colour bar', () => {
  const settings: ColorSettings = { scheme: 'redBlue', limit: 0.0371, scale: 'linear', reduction: 'mean' };

  function assertApart(color: ColorSettings, width: number): string[] {
    const ticks = colorTicks(color, width, sevenAChar);
    let reach = -Infinity;
    for (const { position, label } of ticks) {
      const length = sevenAChar(label);
      const from = position === 0 ? 0 : position === 1 ? width - length : position * width - length / 2;
      assert.ok(from > reach, `'${label}' meets its neighbour at ${width} px`);
      assert.ok(from >= 0 && from + length <= width, `'${label}' leaves the bar at ${width} px`);
      reach = from + length;
    }
    return ticks.map(({ label }) => label);
  }

  it('labels both ends and zero, and more values if there is room', () => {
    assert.deepEqual(assertApart(settings, 150), ['-0.0371', '0', '0.0371']);
    const wide = assertApart(settings, 600);
    assert.ok(wide.includes('-0.02') && wide.includes('0.02') && wide.length > 4, wide.join());
  });

  it('labels powers of ten on a log scale', () => {
    const labels = assertApart({ ...settings, scale: 'symlog' }, 600);
    for (const label of ['-0.0371', '-0.01', '0', '0.01', '0.0371']) assert.ok(labels.includes(label), labels.join());
  });

  it('begins at 0 for a sequential scheme', () => {
    assert.equal(assertApart({ ...settings, scheme: 'viridis' }, 300)[0], '0');
  });

  it('keeps labels apart at every width', () => {
    for (let width = 120; width < 700; width += 7) {
      for (const scale of ['linear', 'symlog'] as const) {
        for (const limit of [1, 0.0371, 123456, 1.3e-5]) assertApart({ ...settings, scale, limit }, width);
      }
    }
  });

  it('has no labels for a matrix of zeros', () => {
    assert.deepEqual(colorTicks({ ...settings, limit: 0 }, 300, sevenAChar), []);
  });
});
