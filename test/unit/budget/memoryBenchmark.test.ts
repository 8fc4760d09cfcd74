import { strict as assert } from 'node:assert';
import { benchmarkErrors } from '../../../src/budget/memory/benchmark';
import { readGolden } from './goldenModels';

describe("memory against the peaks that PEFT's benchmark measured", () => {
  const { rows, uncovered, median, largest } = benchmarkErrors(readGolden('budget_peft_benchmark.json'));

  it('covers every run of the language model', () => {
    assert.equal(rows.length, 32);
    assert.ok(uncovered.every(({ name }) => name.includes('flux2')));
  });

  it('has a median absolute error under 5 % and none over 10 %', () => {
    assert.ok(median < 0.05, `median ${median}`);
    const off = rows.filter(({ error }) => Math.abs(error) > 0.1);
    assert.deepEqual(off, []);
    assert.ok(largest > 0);
  });

  it('ranks the runs as their measured peaks do, except for near ties', () => {
    const sorted = [...rows].sort((a, b) => a.measured - b.measured);
    for (const [index, lower] of sorted.entries())
      for (const higher of sorted.slice(index + 1)) {
        if (higher.measured > 1.08 * lower.measured)
          assert.ok(higher.estimate > lower.estimate, `${lower.name} and ${higher.name}`);
      }
  });

  it('states why it does not cover the others', () => {
    for (const { name, reason } of uncovered) assert.match(reason, /diffusers/, name);
  });
});
