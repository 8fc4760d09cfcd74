import { strict as assert } from 'node:assert';
import { jsonEntries } from '../../../webview-ui/inspector/data/jsonEntries';

describe('a fact that is a JSON object', () => {
  it('is read as its entries', () => {
    assert.deepEqual(jsonEntries('{"rank": 8, "keys": ["q_proj", "v_proj"], "scale": 20.0, "dropout": null}'), [
      ['rank', '8'],
      ['keys', 'q_proj, v_proj'],
      ['scale', '20'],
      ['dropout', 'null'],
    ]);
  });

  it('stays a text if it is anything else', () => {
    for (const text of ['', '8', '[1, 2]', '{}', '{"cut": ', 'q_proj, v_proj', `{"long": "${'x'.repeat(4000)}"}`])
      assert.equal(jsonEntries(text), null, text.slice(0, 20));
  });
});
