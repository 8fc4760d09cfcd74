import { strict as assert } from 'node:assert';
import { inNumericOrder } from '../../../../src/checkpoint/adapters/numericOrder';
import { atOnce } from '../../../../src/checkpoint/steps';

const ordered = (names: readonly string[]): string[] => atOnce(inNumericOrder(names, (name) => name));

describe("the order of a file's modules", () => {
  it('stays, except that numbered siblings are in the order of their numbers', () => {
    assert.deepEqual(
      ordered(['layers.10.v', 'layers.10.k', 'lm_head', 'layers.2.v', 'layers.2.k', 'experts[10]', 'experts[9]']),
      ['layers.2.v', 'layers.2.k', 'layers.10.v', 'layers.10.k', 'lm_head', 'experts[9]', 'experts[10]'],
    );
  });

  it('keeps a name at its place among those that it begins, and equal names in their order', () => {
    assert.deepEqual(ordered(['h.2.q', 'h.2', 'h.1.q.k', 'h.1.q', 'h.2', '']), [
      'h.1.q.k',
      'h.1.q',
      'h.2.q',
      'h.2',
      'h.2',
      '',
    ]);
  });

  it('counts thousands of siblings and segments', () => {
    const layers = Array.from({ length: 5000 }, (_, i) => `h.${(i * 7919) % 5000}.q`);
    assert.deepEqual(
      ordered(layers),
      layers.map((_, i) => `h.${i}.q`),
    );
    const dots = '.'.repeat(100_000);
    assert.deepEqual(ordered([`${dots}b`, `${dots}a`]), [`${dots}b`, `${dots}a`]);
  });
});
