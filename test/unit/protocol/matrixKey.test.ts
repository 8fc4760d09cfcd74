import { strict as assert } from 'node:assert';
import type { MatrixRef } from '../../../src/protocol/matrix';
import { matrixKey } from '../../../src/protocol/matrixKey';

describe('the key of a matrix', () => {
  it('differs whenever the values may differ', () => {
    const refs: MatrixRef[] = [
      { kind: 'tensor', name: 'x' },
      { kind: 'tensor', name: 'x', transposed: true },
      { kind: 'tensor', name: 'x', slice: [1] },
      { kind: 'tensor', name: 'x', slice: [1, 0] },
      { kind: 'tensor', name: 'x', step: 0 },
      { kind: 'tensor', name: 'x","transposed' },
      { kind: 'entries', name: 'x' },
      { kind: 'factor', module: 'x', part: 'a' },
      { kind: 'factor', module: 'x', part: 'b' },
      { kind: 'delta', module: 'x' },
      { kind: 'delta', module: 'x', step: 0 },
      { kind: 'merged', module: 'x' },
      { kind: 'prefix', module: 'x', layer: 0, part: 'key' },
      { kind: 'prefix', module: 'x', layer: 0, part: 'value' },
      { kind: 'prefix', module: 'x', layer: 1, part: 'key' },
      { kind: 'prefix', module: 'x', layer: 0, part: 'key', gradient: true },
    ];
    assert.equal(new Set(refs.map(matrixKey)).size, refs.length);
  });

  it('does not depend on the order of fields', () => {
    const one = matrixKey({ kind: 'tensor', name: 'x', slice: [2], step: 3 });
    const other = matrixKey({
      step: 3,
      slice: [2],
      name: 'x',
      kind: 'tensor',
      ...({ transposed: undefined } as object),
    });
    assert.equal(one, other);
  });
});
