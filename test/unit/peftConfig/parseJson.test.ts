import { strict as assert } from 'node:assert';
import { MAX_JSON_DEPTH, isTooDeep, parseJson } from '../../../src/peftConfig/parseJson';

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON from a file', () => {
  it('may nest up to the limit', () => {
    parseJson(lists(MAX_JSON_DEPTH));
    assert.throws(() => parseJson(lists(MAX_JSON_DEPTH + 1)), { name: 'JsonError', message: /deeper than 128/ });
    parseJson(`[${Array.from({ length: 1000 }, () => lists(MAX_JSON_DEPTH - 1)).join()}]`);
  });

  it('may hold brackets in strings, whatever the escapes', () => {
    for (const text of ['[', '"[', '\\', '\\"[', '\\\\"']) {
      const value = [text.repeat(1000)];
      assert.deepEqual(parseJson(JSON.stringify(value)), value);
    }
    assert.ok(isTooDeep(`"\\\\"${'['.repeat(200)}`), 'an escaped backslash does not escape the quote');
  });

  it('is too deep even if it is incomplete', () => {
    assert.ok(isTooDeep('{"a":'.repeat(1000)));
    assert.ok(!isTooDeep(`"${'['.repeat(1000)}`));
  });

  it('may begin with a byte order mark', () => assert.deepEqual(parseJson('\ufeff{}'), {}));
});
