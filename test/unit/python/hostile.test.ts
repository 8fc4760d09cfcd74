import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { MAX_PROGRAM_CHARACTERS } from '../../../src/protocol/python';
import { readFile } from './reading';

const CALL = '\nLoraConfig(r=8)\n';

/** 200 lines, each of which doubles the value of the line before. */
const chain = (line: (i: number) => string): string => Array.from({ length: 200 }, (_, i) => line(i)).join('\n');

describe('hostile programs', () => {
  // Each would overflow the stack, take time in the square of its length, or never end, if nothing bounded it. The
  // timeout is the check.
  const many = 60_000;
  const programs: readonly (readonly [string, string])[] = [
    ['open brackets', '('.repeat(many)],
    ['closed brackets', ')'.repeat(many)],
    ['nested brackets', `x = ${'('.repeat(many)}1${')'.repeat(many)}`],
    ['nested brackets around a target', `${'('.repeat(many / 4)}x${')'.repeat(many / 4)} = 1`],
    ['nested targets of a loop', `for ${'('.repeat(many / 4)}x${')'.repeat(many / 4)} in y: pass`],
    ['nested lists in a setting', `LoraConfig(megatron_config=${'['.repeat(many)}`],
    ['nested calls', 'LoraConfig(r='.repeat(10_000)],
    ['nested blocks', Array.from({ length: 900 }, (_, depth) => `${' '.repeat(depth)}if x:\n`).join('')],
    ['a text that does not end', `x = """${'a'.repeat(400_000)}`],
    ['lines of texts that do not end', 'x = "\n'.repeat(many)],
    ['replacement fields in each other', 'f"{'.repeat(many)],
    ['stars that multiply nothing', `f(${'*'.repeat(many)}`],
    ['a long text behind an error at each place', `x${'-'.repeat(many)}"""${"f'".repeat(many)}`],
    ['calls in each other', `x,${'(f'.repeat(20_000)}`],
    ['a long sum', `LoraConfig(r=1${'+1'.repeat(many)})`],
    ['a long chain of attributes', `${'a.'.repeat(many)}get_peft_model(m, c)`],
    ['a long chain of loads', `m${'.from_pretrained("x")'.repeat(15_000)}`],
    ['a long list', `LoraConfig(target_modules=[${'"q_proj",'.repeat(50_000)}])`],
    ['a doubling list', `a0 = ["x"]\n${chain((i) => `a${i + 1} = [*a${i}, *a${i}]`)}\nLoraConfig(target_modules=a200)`],
    ['a doubling text', `a0 = "x"\n${chain((i) => `a${i + 1} = a${i} + a${i}`)}\nLoraConfig(target_modules=a50)`],
    ['many uses of a long text', `a = "${'x'.repeat(60_000)}"\nLoraConfig(target_modules=[${'a,'.repeat(50_000)}])`],
    ['many changes', `c = LoraConfig()\n${'c.r = 1\n'.repeat(50_000)}`],
    ['many assignments', `${'c = LoraConfig()\n'.repeat(20_000)}get_peft_model(m, c)`],
    [
      'a chain of names',
      `a0 = 1\n${Array.from({ length: 20_000 }, (_, i) => `a${i + 1} = a${i}`).join('\n')}\nLoraConfig(r=a20000)`,
    ],
    ['bytes that are no Python', '$?!\0\x01'.repeat(many)],
    ['lone surrogates', `x = "${'\ud800'.repeat(1000)}"`],
    ['digits', `LoraConfig(r=${'9'.repeat(many)})`],
    ['many arguments', `LoraConfig(${'r=1,'.repeat(30_000)})`],
    [
      'many keys of a dictionary',
      `LoraConfig(**{${Array.from({ length: 30_000 }, (_, i) => `"k${i}": 1`).join(',')}})`,
    ],
  ];
  for (const [name, text] of programs) {
    it(`are read or refused in bounded time: ${name}`, function () {
      this.timeout(60_000);
      const { configs, problem } = readFile(CALL + text);
      assert.ok(configs.length <= 200);
      assert.ok(JSON.stringify(configs).length < 8 << 20, 'the answer is small');
      // The program is refused as a whole, or read up to the hostile part.
      if (problem === '') assert.equal(configs[0]?.config['r'], 8);
      else assert.deepEqual(configs, []);
    });
  }

  it('are refused beyond a length, with the reason', () => {
    const { configs, problem } = readFile(CALL.padEnd(MAX_PROGRAM_CHARACTERS + 1, ' '));
    assert.deepEqual(configs, []);
    assert.match(problem, /too long/);
    assert.equal(readFile(CALL.padEnd(MAX_PROGRAM_CHARACTERS - 1, ' ')).configs.length, 1);
  });

  it('are refused if the parser gives up thousands of nested calls at once', () => {
    const program = readFileSync('sample-workspace/train.py', 'utf8');
    assert.deepEqual(readFile('f('.repeat(5000) + program.repeat(2)).configs, []);
  });

  it('are refused sooner if the parser has to recover at each step', () => {
    const { problem } = readFile(')'.repeat(20_000));
    assert.notEqual(problem, '');
    assert.equal(readFile(`${'x = -1\n'.repeat(2_000)}`).problem, '');
  });

  it('leave the calls before them readable', () => {
    assert.equal(readFile(`${CALL}x = """${'('.repeat(1000)}`).configs[0]?.config['r'], 8);
    assert.equal(readFile(`${CALL}${')'.repeat(1000)}`).configs[0]?.config['r'], 8);
  });

  it('make a name unknown if its value is too deep', () => {
    const deep = `LoraConfig(rank_pattern=${'['.repeat(500)}${']'.repeat(500)})`;
    assert.deepEqual(
      readFile(deep).configs[0]?.unknown.map(({ reason }) => reason),
      ['too large to work out'],
    );
  });
});
