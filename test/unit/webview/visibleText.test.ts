import { strict as assert } from 'node:assert';
import { visibleName, visibleText } from '../../../webview-ui/shared/visibleText';

describe('untrusted text', () => {
  it('shows characters that reverse text, are invisible, or control a terminal', () => {
    assert.equal(visibleText('rtl.\u202Etxt.exe\u202C'), 'rtl.\\u{202e}txt.exe\\u{202c}');
    assert.equal(visibleText('a\u0000b\u001b[31m'), 'a\\u{0}b\\u{1b}[31m');
    assert.equal(visibleText('q\u200B_proj\uFEFF\u2066\uD800'), 'q\\u{200b}_proj\\u{feff}\\u{2066}\\u{d800}');
  });

  it('leaves writing unchanged, in any direction and any plane', () => {
    for (const text of [
      'model.layers.0.q_proj',
      'שלום.weight',
      'مرحبا',
      '重み',
      '𝛥W',
      'line\nbreak\ttab',
      '<b>&amp;</b>',
    ])
      assert.equal(visibleText(text), text);
  });

  it('gets a name if it is empty', () => {
    assert.equal(visibleName(''), '(empty name)');
    assert.equal(visibleName('w'), 'w');
  });
});
