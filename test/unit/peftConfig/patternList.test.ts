import { strict as assert } from 'node:assert';
import { parseAdapterConfig } from '../../../src/peftConfig/adapterConfig';
import { AdapterSettings } from '../../../src/peftConfig/adapterSettings';
import { PatternError } from '../../../src/peftConfig/errors';
import { Matching } from '../../../src/peftConfig/matching';
import { patternList } from '../../../src/peftConfig/patternList';
import { configuredRank } from '../../../src/peftConfig/peftScaling';

const NAME = 'model.layers.11.self_attn.q_proj';
const DEFAULT_RANK = 8;
const OWN_RANK = 3;

/** The rank that the inspector takes for a module; throws the reason if the key is refused. */
function inspected(key: string, name = NAME): number {
  const config = parseAdapterConfig(JSON.stringify({ peft_type: 'LORA', rank_pattern: { [key]: OWN_RANK } }));
  const rank = configuredRank(name, config);
  const [problem] = config.problems;
  if (problem) throw new Error(problem.message);
  return rank;
}

/** The rank that the calculator, the hover and the checks take for a module. */
function calculated(key: string, name = NAME): number {
  const settings = new AdapterSettings({ peft_type: 'LORA', rank_pattern: { [key]: OWN_RANK } });
  return settings.pattern('rank_pattern').valueFor(name) ?? DEFAULT_RANK;
}

describe('a key of rank_pattern, for the inspector and for the calculator', () => {
  // Python's re.match(rf'(.*\.)?({key})$', NAME) decided each of these.
  const vectors: readonly (readonly [string, boolean])[] = [
    ['q_proj', true],
    ['proj', false],
    ['self_attn.q_proj', true],
    ['^q_proj', false],
    ['^model.layers.11.self_attn.q_proj', true],
    ['q.proj', true],
    ['layers\\.1[0-9]\\..*q_proj', true],
    ['layers\\.[0-9]\\..*q_proj', false],
    ['.*', true],
    ['.*attn.*', true],
    ['(q|k|v)_proj', true],
    ['[^k]_proj', true],
    ['layers\\.\\d+\\.self_attn\\.[qv]_proj', true],
    ['layers\\.\\d{3}\\.self_attn\\.q_proj', false],
    ['layers\\.\\d{2,}\\.self_attn\\.(?:q_proj)', true],
    ['q_proj|v_proj', true],
    ['v_proj|q', false],
    ['(model\\.)?layers\\.11\\..+?', true],
    ['q_proj$', true],
    ['', false],
    ['\\w+', true],
    ['layers\\.(?!0\\b)\\d+\\.self_attn\\.q_proj', true],
    ['layers\\.(?!11\\b)\\d+\\.self_attn\\.q_proj', false],
    ['.*\\bq_proj', true],
    ['.*\\Bq_proj', false],
    ['\\bq_proj', true],
    ['.*(?<=self_attn\\.)q_proj', true],
    ['.*(?<!self_attn\\.)q_proj', false],
    ['(?i:Q_PROJ)', true],
  ];
  for (const [key, matches] of vectors) {
    it(`'${key}' ${matches ? 'matches' : 'does not match'} ${NAME}`, () => {
      const expected = matches ? OWN_RANK : DEFAULT_RANK;
      assert.deepEqual([inspected(key), calculated(key)], [expected, expected]);
    });
  }

  const refused = [
    '(a)\\1',
    '(?i)q',
    '(',
    ')',
    '[a',
    '*',
    'a**',
    '{2}',
    '\\',
    '((((a){99}){99}){99}){99}',
    '(((){999}){999}){999}',
    `${'x'.repeat(1 << 17)}+`,
    '('.repeat(400),
  ];
  for (const key of refused) {
    const shown = key.length > 40 ? `${key.slice(0, 40)}...` : key;
    it(`'${shown}' is refused by both for the same reason`, () => {
      const errorOf = (action: () => unknown): Error => {
        try {
          action();
        } catch (error) {
          return error as Error;
        }
        throw new Error('nothing was thrown');
      };
      const error = errorOf(() => calculated(key));
      assert.ok(error instanceof PatternError, error.message);
      assert.ok(errorOf(() => inspected(key)).message.endsWith(`it cannot be matched: ${error.reason}`));
    });
  }

  it('is decided at once on a pattern that makes a backtracking engine hang', () => {
    const name = 'a'.repeat(900);
    for (const key of ['(a+)+(b|c)', '(a*)*(a*)*(a*)*b'])
      assert.deepEqual([inspected(key, name), calculated(key, name)], [DEFAULT_RANK, DEFAULT_RANK]);
  });

  it('shares one budget of steps with the other keys, and does not match beyond it', () => {
    const keys = Array.from({ length: 20 }, (_, i) => [`(a|a)*b{${i}}c`, OWN_RANK] as const);
    const name = 'a'.repeat(100);
    const few = new Matching(10_000);
    assert.equal(
      few.run(() => patternList(keys.slice(0, 1)).valueFor(name)),
      null,
    );
    assert.deepEqual(few.problems, []);
    const many = new Matching(10_000);
    const rank = many.run(() => patternList([...keys, ['a*', OWN_RANK]]).valueFor(name));
    assert.deepEqual([rank, many.isExhausted], [null, true]);
    assert.match(
      many.problems.join(),
      /^matching takes more than 10000 steps: pattern '.*' and all that come after it/,
    );
  });
});
