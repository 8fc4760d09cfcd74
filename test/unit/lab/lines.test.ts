import { strict as assert } from 'node:assert';
import { BASE_FAMILIES, decode, encode, isHeldOut, seededRandom, VOCABULARY } from '../../../src/library';
import type { LabLine } from '../../../src/library';
import { drawBaseLine } from '../../../src/lab/baseFamilies';
import { oldTests, testLines, trainingPool } from '../../../src/lab/labData';
import { drawTrained, promptOf, trainingData } from '../../../src/lab/line';
import { labTask, TASK_NAMES } from '../../../src/lab/tasks';

const IGNORED = -100;
const text = (line: LabLine): string => decode(trainingData([line]).tokens[0]!);
const inputOf = ({ input }: LabLine): string => input.join(' ');
/** A line of a task whose input is given, found by drawing. */
function drawn(name: string, count = 200): LabLine[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, () => labTask(name).draw(random));
}

describe("the lab's vocabulary", () => {
  it('has 88 different words and reads what it writes', () => {
    assert.equal(VOCABULARY.length, 88);
    assert.equal(new Set(VOCABULARY).size, 88);
    const random = seededRandom(1);
    for (let i = 0; i < 300; i++) {
      const tokens = trainingData([drawBaseLine(random)]).tokens[0]!;
      assert.deepEqual(encode(decode(tokens)), tokens);
    }
  });

  it('reads letters and digits that are written together', () => {
    assert.equal(decode(encode('reverse abc =')), 'reverse a b c =');
    assert.equal(decode(encode('add 12 + 07')), 'add 1 2 + 0 7');
  });

  it('refuses words that it does not have, and ids beyond its last', () => {
    assert.throws(() => encode('reverse xyz'), /expected a word that it contains, got "xyz"|got "x"/);
    assert.throws(() => decode([88]), /expected token ids from 0 to 87, got 88/);
  });
});

describe("the lab's lines", () => {
  it('are what their instruction says', () => {
    const answers: Record<string, (words: string[]) => string[]> = {
      copy: (words) => words,
      reverse: (words) => [...words].reverse(),
      sort: (words) => [...words].sort(),
      double: (words) => words.flatMap((word) => [word, word]),
      next: (words) => words.map((word) => (word === 't' ? 'a' : String.fromCharCode(word.charCodeAt(0) + 1))),
      add: (words) => {
        const [a, b] = words.join('').split('+').map(Number);
        return [...String(a! + b!).padStart(2, '0')];
      },
    };
    for (const { name, draw } of BASE_FAMILIES) {
      const random = seededRandom(2);
      for (let i = 0; i < 50; i++) {
        const line = draw(random);
        const expected = answers[name];
        if (!expected) continue;
        assert.deepEqual(decode(line.answer).split(' '), expected(decode(line.input).split(' ')), text(line));
      }
    }
  });

  it('of a task change only what the task says', () => {
    for (const line of drawn('swap4')) {
      const changed = line.input.filter((letter, i) => letter !== line.answer[i]);
      assert.equal(line.input.length, 6);
      // Swapping twice gives the input back.
      const partner = new Map(line.input.map((letter, i) => [letter, line.answer[i]!]));
      for (const letter of changed) {
        const back = partner.get(partner.get(letter)!);
        assert.ok(back === undefined || back === letter);
      }
    }
    const moved = new Set(drawn('swap4', 2000).flatMap(({ input, answer }) => input.filter((l, i) => l !== answer[i])));
    assert.equal(moved.size, 8, 'four pairs of letters');
    const code = new Map<number, number>();
    for (const { input, answer } of drawn('code1', 500)) input.forEach((letter, i) => code.set(letter, answer[i]!));
    assert.deepEqual([code.size, new Set(code.values()).size], [20, 20]);
    assert.ok(
      [...code].every(([from, to]) => from !== to),
      'no letter stands for itself',
    );
    assert.equal(new Set(drawn('code2').map(({ instruction }) => instruction)).size, 2);
    const french = drawn('french').find(({ input }) => decode(input).startsWith('the red cat'));
    assert.ok(decode(french!.answer).startsWith('le chat rouge'), text(french!));
    for (const line of drawn('desc'))
      assert.deepEqual(
        [...line.answer].reverse().sort((a, b) => a - b),
        [...line.input].sort((a, b) => a - b),
      );
  });

  it('carry labels for the answer and the stop alone', () => {
    const [line] = drawn('code1', 1);
    const { tokens, labels } = trainingData([line!]);
    const prompt = promptOf(line!).length;
    assert.deepEqual(
      labels[0]!.slice(0, prompt),
      Array.from({ length: prompt }, () => IGNORED),
    );
    assert.deepEqual(labels[0]!.slice(prompt), tokens[0]!.slice(prompt));
    assert.equal(decode(tokens[0]!.slice(-1)), '.');
  });

  it('of tests have inputs that no training draws, neither of the task nor of the base', () => {
    for (const name of TASK_NAMES) {
      const { draw } = labTask(name);
      const pool = trainingPool(draw);
      const tests = testLines(draw);
      assert.deepEqual([pool.length, tests.length, new Set(tests.map(text)).size], [20_000, 500, 500], name);
      const trained = new Set(pool.map(inputOf));
      assert.ok(!tests.some((line) => trained.has(inputOf(line))), name);
    }
    const random = seededRandom(9);
    for (let i = 0; i < 2000; i++) assert.ok(!isHeldOut(drawTrained(drawBaseLine, random)));
    const old = oldTests();
    assert.equal(old.length, 11);
    for (const { family, lines } of old) assert.ok(lines.length === 60 && lines.every(isHeldOut), family);
  });

  it('repeat with the same seed', () => {
    const { draw } = labTask('french');
    assert.deepEqual(trainingPool(draw, 100), trainingPool(draw, 100));
    assert.deepEqual(testLines(draw), testLines(draw));
    assert.deepEqual(drawn('code2'), drawn('code2'));
  });

  it('of unknown tasks are refused', () => {
    assert.throws(() => labTask('swap11'), /a number from 1 to 10, got 11/);
    assert.throws(() => labTask('code3'), /expected one of steer, code1, .*, got "code3"/);
  });
});
