import { strict as assert } from 'node:assert';
import { decades, decadeTicks, logScale, tickLabel } from '../../../webview-ui/shared/budget/logScale';
import { growthScales, powerTicks, spread } from '../../../webview-ui/comparison/growthScales';
import { placeLabels } from '../../../webview-ui/comparison/scatterLabels';
import { latestReport } from '../../../webview-ui/comparison/latestReport';
import type { BudgetInputs, BudgetReport } from '../../../src/protocol/calculator';

describe('names beside dots', () => {
  const area = { left: 0, right: 300, top: 0, bottom: 200 };

  it('overlap neither each other, the dots nor the edges; one without room is omitted', () => {
    const spots = [
      { x: 20, y: 100 },
      { x: 24, y: 101 },
      { x: 28, y: 102 },
      { x: 32, y: 100 },
      { x: 295, y: 10 },
    ];
    const placed = placeLabels(
      spots.map((spot, i) => ({ ...spot, text: `METHOD_${i}` })),
      spots,
      area,
    );
    assert.ok(placed.length >= 2 && placed.length < spots.length);
    const boxes = placed.map(({ x, y, text, anchor }) => {
      const width = 7 * text.length;
      const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
      return { left, right: left + width, top: y - 10, bottom: y + 2 };
    });
    boxes.forEach((a, i) => {
      assert.ok(a.left >= 0 && a.right <= 300 && a.top >= 0 && a.bottom <= 200);
      for (const b of boxes.slice(i + 1))
        assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
      for (const { x, y } of spots)
        assert.ok(x + 4 <= a.left || x - 4 >= a.right || y + 4 <= a.top || y - 4 >= a.bottom);
    });
    assert.equal(placed.at(-1)?.text, 'METHOD_4');
    assert.equal(placed.at(-1)?.anchor, 'end');
  });
});

describe('budget charts', () => {
  it('starts the axis below the smallest count, so that a power of ten still has a bar', () => {
    assert.deepEqual(decades([81_920, 6_738_415_616]), [1e4, 1e10]);
    assert.deepEqual(decades([1000, 1e6]), [100, 1e6]);
    assert.deepEqual(decades([]), [1, 10]);
    assert.deepEqual(decades([1]), [1, 10]);
  });

  it('thins ticks until their labels fit, on powers of ten alone', () => {
    const scale = logScale([1e4, 1e10], [0, 120]);
    assert.deepEqual(decadeTicks(scale, 40), [1e4, 1e6, 1e8, 1e10]);
    assert.deepEqual(decadeTicks(scale, 20), [1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]);
    assert.deepEqual([1, 1e4, 1e6, 1e9, 1e10].map(tickLabel), ['1', '10k', '1M', '1B', '10B']);
  });

  it('moves labels apart, keeps their order and keeps them above the bottom', () => {
    assert.deepEqual(spread([10, 12, 100], 15, 200), [10, 25, 100]);
    assert.deepEqual(spread([100, 10, 11], 15, 200), [100, 10, 25]);
    assert.deepEqual(spread([195, 198, 199], 15, 200), [170, 185, 200]);
  });

  it('extends the sweep to the power of two that holds the setting in force', () => {
    const report = (current: number | null): BudgetReport =>
      ({
        methods: [],
        growth: [{ method: 'lora', label: 'LoRA', variable: 'rank', constant: 0, perUnit: 10, current }],
      }) as unknown as BudgetReport;
    const box = { left: 0, right: 100, top: 0, bottom: 100 };
    assert.equal(growthScales(report(8), box).last, 1024);
    assert.equal(growthScales(report(5000), box).last, 8192);
    const scales = growthScales(report(null), box);
    assert.deepEqual(powerTicks(scales, 100, 25), [1, 8, 64, 512]);
  });

  it('shows the newest report only, whatever the order of the answers', async () => {
    const shown: string[] = [];
    const answers: ((report: BudgetReport) => void)[] = [];
    const ask = latestReport(
      () => new Promise((resolve) => void answers.push(resolve)),
      ({ modelTitle }) => void shown.push(modelTitle),
      (error) => assert.fail(String(error)),
    );
    ask({} as BudgetInputs);
    ask({} as BudgetInputs);
    answers[1]?.({ modelTitle: 'second' } as BudgetReport);
    answers[0]?.({ modelTitle: 'first' } as BudgetReport);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(shown, ['second']);
  });
});
