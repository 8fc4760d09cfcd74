import { strict as assert } from 'node:assert';
import { parseAdapterConfig } from '../../../src/peftConfig/adapterConfig';
import { JsonError, parseJson } from '../../../src/peftConfig/parseJson';

describe('JSON as Python reads it', () => {
  it('has infinite numbers and NaN outside strings', () => {
    assert.deepEqual(parseJson('{"a": [0.0, Infinity], "b": -Infinity, "c": NaN, "d": 1}'), {
      a: [0, Infinity],
      b: -Infinity,
      c: NaN,
      d: 1,
    });
    assert.deepEqual(parseJson('\uFEFF[NaN]'), [NaN]);
    assert.equal(parseAdapterConfig('{"r": 4, "x": Infinity}').rank, 4);
  });

  it('keeps the words inside strings, also beside escaped quotes', () => {
    assert.deepEqual(parseJson('{"a": "Infinity \\" NaN", "NaN": NaN}'), { a: 'Infinity " NaN', NaN: NaN });
  });

  it('is refused with the error of the stored text if anything else is wrong', () => {
    for (const text of [
      '{"a": Infinity,}',
      '{NaN: 1}',
      '[1NaN]',
      '[-NaN]',
      '{"a": Infinit}',
      '[- Infinity]',
      "{'a': NaN}",
    ])
      assert.throws(() => parseJson(text), JsonError, text);
  });
});
