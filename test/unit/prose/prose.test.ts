import { strict as assert } from 'node:assert';
import { assertNone } from '../architecture/assertNone';
import { sourceFiles } from '../architecture/importGraph';
import { commentsOf } from './comments';
import type { Comment } from './comments';
import { awkwardness } from './plainEnglish';

const FOLDERS = ['src', 'webview-ui', 'scripts', 'test'];

describe('comments', () => {
  const comments: Comment[] = [];

  before(() => {
    const files = FOLDERS.flatMap((folder) => [...sourceFiles(folder), ...sourceFiles(folder, '.mjs')]);
    const ours = files.filter((file) => !file.startsWith('test/fixtures/'));
    comments.push(...ours.flatMap((file) => commentsOf(file)));
  });

  it('are plain English', () => {
    assert.ok(comments.length > 2000);
    const found = comments.flatMap(({ at, text }) => {
      const awkward = awkwardness(text);
      return awkward === null ? [] : [`${at} ${awkward}\n    ${text.slice(0, 160)}`];
    });
    assertNone(found, 'Reword these comments as CONTRIBUTING, "Plain English", describes:');
  });

  it('that disable a lint rule give the reason after " -- "', () => {
    const found = comments.filter(({ text }) => /^eslint-disable/.test(text) && !/ -- \S+ \S+/.test(text));
    assertNone(
      found.map(({ at, text }) => `${at} ${text}`),
      'Say why the rule does not apply: // eslint-disable-next-line RULE -- REASON',
    );
  });
});

describe('the search for comments', () => {
  it('finds blocks, lines and ends of lines, but no text that looks like one', () => {
    const source = [
      '/** Of a kind. */',
      "const a = 'no // comment'; // at the end",
      '// two lines',
      '// are one comment',
      'const b = `/* none */ ${a /* inside */}`.replace(/[/]/, b);',
    ];
    const found = commentsOf('sample.ts', source.join('\n'));
    assert.deepEqual(
      found.map(({ at, text }) => `${at} ${text}`),
      [
        'sample.ts:1 Of a kind.',
        'sample.ts:2 at the end',
        'sample.ts:3 two lines are one comment',
        'sample.ts:5 inside',
      ],
    );
  });
});

describe('the rule for plain English', () => {
  const awkward = [
    'Of one kept summary, about.',
    'Null for what is none in Python',
    'null where it is not to be told',
    'What it failed of is told to whoever asks',
    'Every so many layers one sees everything',
  ];
  const plain = [
    'Approximate bytes per cached summary',
    '`null` if there is none',
    'The error reaches whoever asks for the block',
    'Offset of the first entry',
  ];

  it('refuses the sentences that CONTRIBUTING rejects, and says what to write', () => {
    for (const sentence of awkward) assert.match(awkwardness(sentence) ?? 'accepted', /: .{10,}|opens with/, sentence);
  });

  it('accepts the sentences that it recommends', () => {
    for (const sentence of plain) assert.equal(awkwardness(sentence), null, sentence);
  });
});
