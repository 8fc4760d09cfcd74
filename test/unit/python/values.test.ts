import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { seededRandom } from './seededRandom';
import { readOne } from './reading';

/** The value of an argument `megatron_config`, which accepts anything, or the reason why it is unknown. */
function read(expression: string, before = ''): unknown {
  const { config, unknown } = readOne(`${before}\nx = LoraConfig(megatron_config=${expression})`);
  const [reason] = unknown;
  return reason ? `unknown: ${reason.reason}` : config['megatron_config'];
}

describe('values in Python', () => {
  const vectors: readonly (readonly [string, unknown])[] = [
    ['8', 8],
    ['1_000', 1000],
    ['0x1F', 31],
    ['0b1_01', 5],
    ['0o17', 15],
    ['1e-4', 0.0001],
    ['1_0.5_0e+0_1', 105],
    ['.5', 0.5],
    ['5.', 5],
    ['[1., 5.e3]', [1, 5000]],
    ['-3', -3],
    ['+-~2', 3],
    ['2*8', 16],
    ['2 + 3 * 4 - 1', 13],
    ['(2 + 3) * 4', 20],
    ['7 // 2', 3],
    ['-7 // 2', -4],
    ['-7 % 3', 2],
    ['7.5 % -2', -0.5],
    ['7 / 2', 3.5],
    ['2 ** 10', 1024],
    ['-2 ** 2', -4],
    ['1 << 5 | 3', 35],
    ['"a"', 'a'],
    ["'a' \"b\" '''c'''", 'abc'],
    ["r'.*\\.q_proj'", '.*\\.q_proj'],
    ["'\\x41\\u00e9\\U0001F600\\101\\n\\q\\''", "Aé😀A\n\\q'"],
    ["f'plain{{}}'", 'plain{}'],
    ["u'é😀'", 'é😀'],
    ['"a" + "b"', 'ab'],
    ['True', true],
    ['None', null],
    ['["q_proj", "v_proj",]', ['q_proj', 'v_proj']],
    ['("q_proj",)', ['q_proj']],
    ['("q_proj")', 'q_proj'],
    ['{"a", "b", "a"}', ['a', 'b']],
    ['[1, *[2, 3], *(4,)]', [1, 2, 3, 4]],
    ['["a"] + ["b"]', ['a', 'b']],
    ['{"a": 1, **{"b": 2, "a": 3}}', { a: 3, b: 2 }],
    ['{1: "x", None: 2, True: 3}', { 1: 3, null: 2 }],
    ['{}', {}],
    ['()', []],
    ['dict(a=1, b=[2])', { a: 1, b: [2] }],
    ['list(range(0, 8, 2))', [0, 2, 4, 6]],
    ['list(range(3))', [0, 1, 2]],
    ['TaskType.SEQ_CLS', 'SEQ_CLS'],
    ['TaskType.SEQ_CLS.value', 'SEQ_CLS'],
    ['peft.TaskType("SEQ_CLS")', 'SEQ_CLS'],
    ['LoftQConfig(loftq_bits=4)', { loftq_bits: 4 }],
    ['BdLoraConfig(["q"], nblocks=2)', { target_modules_bd_a: ['q'], nblocks: 2 }],
    ['[ # a comment\n  1, # another\n]', [1]],
  ];
  for (const [expression, value] of vectors) {
    it(`read ${JSON.stringify(expression)}`, () => assert.deepEqual(read(expression), value));
  }

  const unknowns: readonly (readonly [string, string])[] = [
    ['args.r', 'not a literal'],
    ['f(8)', 'not a literal'],
    ['f"{r}_proj"', 'not a literal'],
    ['b"q"', 'not a literal'],
    ['"\\N{BULLET}"', 'not a literal'],
    ['"\\x4"', 'not a literal'],
    ['3j', 'not a literal'],
    ['012', 'not a literal'],
    ['1 / 0', 'not a literal'],
    ['1 + "a"', 'not a literal'],
    ['8 if big else 4', 'not a literal'],
    ['[x for x in "ab"]', 'not a literal'],
    ['lambda: 8', 'not a literal'],
    ['not True', 'not a literal'],
    ['a or b', 'not a literal'],
    ['2 ** 60', 'not a literal'],
    ['2 ** -1', 'not a literal'],
    ['TaskType.NOTHING', 'not a literal'],
    ['{[1]: 2}', 'not a literal'],
    ['range(10**9)', 'too large to work out'],
    ['', 'not written yet'],
    ['[8 16]', 'not a literal'],
    ['5.e-3', 'not a literal'],
    ['{"a": }', 'not written yet'],
  ];
  for (const [expression, reason] of unknowns) {
    it(`report that ${expression || 'nothing'} is ${reason}`, () =>
      assert.equal(read(expression), `unknown: ${reason}`));
  }

  it('keep the name of an inherited property as an own entry', () => {
    const value = read('{"__proto__": 8}') as object;
    assert.deepEqual(Object.entries(value), [['__proto__', 8]]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('read every line end in a string as \\n', () => {
    assert.equal(read('"""a\r\nb\\\r\nc"""'), 'a\nbc');
  });
});

describe('random values in Python', () => {
  it("equal the results of Python's ast.literal_eval", function () {
    const random = seededRandom(7);
    const expressions = Array.from({ length: 400 }, () => randomLiteral(random, 4));
    const script =
      'import ast,json,sys\nprint(json.dumps([ast.literal_eval(t) for t in json.load(sys.stdin)], default=list))';
    let real: unknown[];
    try {
      real = JSON.parse(
        execFileSync('python3', ['-c', script], { input: JSON.stringify(expressions), encoding: 'utf8' }),
      ) as unknown[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      console.log('      (python3 is not installed here: not compared)');
      return;
    }
    this.timeout(60_000);
    const sorted = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    expressions.forEach((expression, index) =>
      assert.deepEqual(sorted(read(expression)), sorted(real[index]), expression),
    );
  });

  it("equal the results of Python's eval for arithmetic", function () {
    const random = seededRandom(11);
    const expressions = Array.from({ length: 600 }, () => randomSum(random, 2));
    const script = `
import json, sys
def value(text):
    try: return eval(text)
    except Exception: return None
def plain(v): return None if isinstance(v, complex) or isinstance(v, int) and abs(v) > 2**53 - 1 else v
print(json.dumps([plain(value(t)) for t in json.load(sys.stdin)]))`;
    let real: unknown[];
    try {
      real = JSON.parse(
        execFileSync('python3', ['-c', script], { input: JSON.stringify(expressions), encoding: 'utf8' }),
      ) as unknown[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      console.log('      (python3 is not installed here: not compared)');
      return;
    }
    this.timeout(60_000);
    let compared = 0;
    expressions.forEach((expression, index) => {
      const value = read(expression);
      // An intermediate result beyond the exact whole numbers ends the evaluation, even if Python's final result is
      // exact.
      if (typeof value === 'string') return;
      compared++;
      assert.equal(value, real[index], expression);
    });
    assert.ok(compared > 250, `${compared} of 600 compared`);
  });
});

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function randomText(random: Random): string {
  const quote = pick(random, ["'", '"', "'''", '"""']);
  const prefix = pick(random, ['', '', 'r', 'R', 'u']);
  const pieces = [
    'a',
    'q_proj',
    '.',
    '*',
    '\\\\',
    '\\n',
    '\\t',
    '\\d',
    'é',
    '😀',
    '#',
    '{x}',
    '(',
    '\\x41',
    '\\101',
    ' ',
  ];
  const length = Math.floor(random() * 6);
  return `${prefix}${quote}${Array.from({ length }, () => pick(random, pieces)).join('')}${quote}`;
}

function randomLiteral(random: Random, depth: number): string {
  const simple = [
    () => pick(random, ['0', '7', '-12', '1_000', '0xfF', '0b11', '1e-4', '.5', '3.25E+2', '-0.0', '9007199254740991']),
    () => pick(random, ['True', 'False', 'None']),
    () => randomText(random),
    () => `${randomText(random)} ${randomText(random)}`,
  ];
  if (depth === 0) return pick(random, simple)();
  const list = (): string =>
    Array.from({ length: Math.floor(random() * 4) }, () => randomLiteral(random, depth - 1)).join(
      pick(random, [',', ', ', ' ,\n\t']),
    );
  return pick(random, [
    ...simple,
    () => `[${list()}]`,
    () => `(${list() || '1'},)`,
    () => `{"a": ${randomLiteral(random, depth - 1)}, 'b' : ${randomLiteral(random, depth - 1)}}`,
    () => `( ${randomLiteral(random, depth - 1)} )`,
  ])();
}

function randomSum(random: Random, depth: number): string {
  if (depth === 0 || random() < 0.1)
    return pick(random, ['0', '1', '2', '3', '7', '10', '64', '2.5', '0.1', '1e3', '-3', '(-2)']);
  const operator = pick(random, ['+', '-', '*', '+', '-', '*', '/', '//', '%', '**', '<<', '|']);
  const sum = `${randomSum(random, depth - 1)} ${operator} ${randomSum(random, depth - 1)}`;
  return random() < 0.5 ? `(${sum})` : sum;
}
