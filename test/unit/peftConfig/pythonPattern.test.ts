import { strict as assert } from 'node:assert';
import { PatternError } from '../../../src/peftConfig/errors';
import { Matching } from '../../../src/peftConfig/matching';
import { PythonPattern } from '../../../src/peftConfig/pythonPattern';

const NAME = 'model.layers.12.self_attn.q_proj';

describe("Python's regular expressions", () => {
  // Pattern, text, and the answer of re.fullmatch.
  const vectors: readonly (readonly [string, string, boolean])[] = [
    ['.*q_proj', NAME, true],
    ['q_proj', NAME, false],
    ['model\\.layers\\.\\d+\\.self_attn\\.[qkv]_proj', NAME, true],
    ['model\\.layers\\.\\d\\.self_attn\\.[qkv]_proj', NAME, false],
    ['.*\\.(?:1[0-2]|[0-9])\\..*', NAME, true],
    ['.*\\.(?P<layer>1\\d)\\..*', NAME, true],
    ['(?!.*vision).*q_proj', NAME, true],
    ['(?!.*self).*q_proj', NAME, false],
    ['.*(?<=self_attn\\.)q_proj', NAME, true],
    ['.*(?<!self_attn\\.)q_proj', NAME, false],
    ['(?i)MODEL.*Q_PROJ', NAME, true],
    ['model.*\\bq_proj', NAME, true],
    ['\\w+(\\.\\w+){4}', NAME, true],
    ['\\w+(\\.\\w+){5,}', NAME, false],
    ['[^.]*', 'lm_head', true],
    ['[]a]+', 'a]', true],
    ['[a-c\\d_]+', 'b2_', true],
    ['a{2,3}?', 'aaa', true],
    ['a{,2}', 'aa', true],
    ['a{,2}', 'aaa', false],
    ['a{x}', 'a{x}', true],
    ['^a$|b', 'b', true],
    ['\\Aa\\Z', 'a', true],
    ['', '', true],
    ['(|a)+', 'aaa', true],
    ['(a*)*b', 'aaab', true],
    ['\\x61\\u0062\\.', 'ab.', true],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['[\\w.]+', 'é.x', true],
    ['(?i:A)b', 'ab', true],
    ['(?i:A)B', 'ab', false],
    ['(?i)a(?-i:b)', 'AB', false],
    ['(?x) a \\. # a comment\n b', 'a.b', true],
    ['a(?#a comment)*', 'aaa', true],
    ['(?m)a$\n^b', 'a\nb', true],
    ['\\141\\07?\\U00000062', 'ab', true],
    ['\\B', '', false],
  ];
  for (const [pattern, text, expected] of vectors) {
    it(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      assert.equal(new PythonPattern(pattern).fullMatch(text), expected);
    });
  }

  it('captures the text of a group by the priority of greedy and lazy quantifiers', () => {
    const text = 'a.1.b.2.c';
    assert.equal(new PythonPattern('.*?\\.(?P<i>\\d+)\\.', { group: 'i' }).match(text)?.group, '1');
    assert.equal(new PythonPattern('.*\\.(?P<i>\\d+)\\.', { group: 'i' }).match(text)?.group, '2');
    assert.equal(new PythonPattern('(?P<i>x)?a', { group: 'i' }).match('a')?.group, '');
    assert.equal(new PythonPattern('b').match('ab'), null);
  });

  const refused = [
    '(',
    ')',
    '[',
    'a**',
    '*a',
    '(?P=x)',
    '\\1',
    '(?>a)',
    'a++',
    '(?(1)a)',
    '\\q',
    '(?x) a**',
    '(?P<x>a)(?P<x>b)',
    '{2}a',
    '[\\d-z]',
    '(?#a comment',
    'a{3,2}',
    '[z-a]',
    '(?<=a+)b',
  ];
  for (const pattern of refused) {
    it(`refuses ${JSON.stringify(pattern)} with a PatternError`, () => {
      assert.throws(() => new PythonPattern(pattern), PatternError);
    });
  }

  it('takes steps in proportion to the text, not to the number of paths through the pattern', () => {
    const pattern = new PythonPattern('(a|a|a)*(a*)*(a+)+b');
    assert.equal(pattern.fullMatch('a'.repeat(2000)), false);
    assert.equal(pattern.fullMatch(`${'a'.repeat(2000)}b`), true);
  });

  it('refuses a pattern that is too large once written out, and runs no look-around twice at one position', () => {
    for (const pattern of ['(((a{99}){99}){99}){99}', '(((){999}){999}){999}', '(((?=(a{99}){99}){99}){99})'])
      assert.throws(() => new PythonPattern(pattern), PatternError);
    const nested = new PythonPattern(`${'(?=.*'.repeat(40)}x${')'.repeat(40)}a*`);
    assert.equal(nested.fullMatch('a'.repeat(100)), false);
  });

  it('charges each look-around for its preparation and for each place where it runs', () => {
    const matching = new Matching();
    const before = matching.stepsLeft;
    const matches = matching.run(() => new PythonPattern('(?<!x){1000}a*').fullMatch('a'.repeat(100)));
    assert.ok(matches);
    assert.ok(before - matching.stepsLeft > 20_000);
  });
});
