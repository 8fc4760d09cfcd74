import { strict as assert } from 'node:assert';
import { MAX_JSON_DEPTH, parseJson } from '../../../src/peftConfig/parseJson';

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
    // An escaped backslash does not escape the quote.
    assert.throws(() => parseJson(`["\\\\",${'['.repeat(200)}`), /deeper than 128/);
  });

  it('is too deep even if it is incomplete', () => {
    assert.throws(() => parseJson('{"a":'.repeat(1000)), /deeper than 128/);
    assert.throws(() => parseJson(`"${'['.repeat(1000)}`), /Unterminated string/);
  });

  it('may begin with a byte order mark', () => assert.deepEqual(parseJson('\ufeff{}'), {}));
});
