import { strict as assert } from 'node:assert';
import { computeBudget } from '../../../src/budget/computeBudget';
import { PRESETS } from '../../../src/budget/presets';
import { SliceOver } from '../../../src/peftConfig/errors';
import { Matching, currentMatching, inOneMatching } from '../../../src/peftConfig/matching';
import { PythonPattern } from '../../../src/peftConfig/pythonPattern';

const llama = PRESETS.find(({ id }) => id === 'llama-3-8b')!.config;
const lora = { peft_type: 'LORA', r: 8, target_modules: ['q_proj'] };
/** Takes thousands of steps on every module's name, and matches none. */
const SLOW = '((.*.*.*)*){90,99}x';

describe('the matching of a request', () => {
  it('counts the steps of all its patterns together', () => {
    const matching = new Matching();
    const spent = (work: () => unknown): number => {
      const before = matching.stepsLeft;
      matching.run(work);
      return before - matching.stepsLeft;
    };
    const one = spent(() => new PythonPattern('(a|b)*c').fullMatch('abababab'));
    const two = spent(() => new PythonPattern('(a|b)*d').match('abababab'));
    assert.ok(one > 50 && two > 50, `${one} and ${two} steps`);
    assert.equal(
      spent(() => new PythonPattern('(a|b)*c').fullMatch('abababab')),
      0,
      'a remembered result takes no steps',
    );
  });

  it('matches nothing once its steps are used up, and says from which pattern on', () => {
    const matching = new Matching(5_000);
    matching.run(() => {
      const plain = new PythonPattern('.*q');
      assert.equal(plain.fullMatch('q'), true);
      assert.equal(new PythonPattern(SLOW).fullMatch('a'.repeat(50)), false);
      assert.equal(plain.fullMatch('other.q'), false);
      assert.equal(new PythonPattern('(').fullMatch('q'), false, 'later patterns are not even compiled');
    });
    assert.deepEqual(matching.problems, [
      `matching takes more than 5000 steps: pattern '${SLOW}' and all that come after it count as not matched`,
    ]);
  });

  it('goes on with other names after a name that takes too many steps', () => {
    const matching = new Matching();
    matching.run(() => {
      const pattern = new PythonPattern(`(.*.*.*.*)*{200}x|q`.replace('*{', '{'));
      assert.equal(pattern.fullMatch('a'.repeat(3_000)), false);
      assert.equal(pattern.fullMatch('q'), true);
    });
    assert.match(matching.problems.join(), /takes more than 1000000 steps on 'a+.*' and counts as not matched there$/);
  });

  it('ends a slice only after a new result, so that the next slice gets further', () => {
    const matching = new Matching();
    const names = ['a', 'b', 'c'];
    const found: string[] = [];
    let slices = 0;
    const work = (): boolean[] => {
      const pattern = new PythonPattern('a|c');
      return names.map((name) => {
        const fits = pattern.fullMatch(name);
        if (!found.includes(name)) found.push(name);
        return fits;
      });
    };
    for (let result: boolean[] | null = null; result === null; slices++) {
      const before = found.length;
      try {
        result = matching.run(work, 0);
        assert.deepEqual(result, [true, false, true]);
      } catch (error) {
        assert.ok(error instanceof SliceOver);
        // The first slice compiles the pattern.
        assert.ok(slices === 0 || found.length > before);
      }
    }
    assert.ok(slices <= names.length + 1, `${slices} slices`);
  });

  it('is the one around it, or a new one', () => {
    const matching = new Matching();
    assert.notEqual(currentMatching(), currentMatching());
    matching.run(() => {
      assert.equal(currentMatching(), matching);
      inOneMatching((inner) => assert.equal(inner, matching));
    });
    inOneMatching((inner) => assert.equal(currentMatching(), inner));
  });
});

describe('a budget whose patterns take too long', () => {
  it('counts the keys of rank_pattern as not matched, and warns', () => {
    const keys = Array.from({ length: 1_000 }, (_, i) => [`${SLOW}${i}`, 64]);
    const budget = computeBudget(llama, { ...lora, rank_pattern: Object.fromEntries(keys) });
    assert.equal(budget.trainable, computeBudget(llama, lora).trainable);
    assert.match(budget.warnings.join(), /^Not every pattern is matched: matching takes more than 10000000 steps/);
  });

  for (const key of ['exclude_modules', 'modules_to_save', 'layers_pattern']) {
    it(`warns for ${key} too`, () => {
      const slow = Array.from({ length: 200 }, (_, i) => `${SLOW}${i}`);
      const value = key === 'exclude_modules' ? slow.join('|') : slow;
      const layers = key === 'layers_pattern' ? { layers_to_transform: [0] } : {};
      const config = { ...lora, ...layers, [key]: value };
      const counted = (): string => {
        try {
          return computeBudget(llama, config).warnings.join();
        } catch (error) {
          return (error as Error).message;
        }
      };
      assert.match(counted(), /matching takes more than|takes more than 1000000 steps|it is too large/);
    });
  }

  it('does not say that targets match nothing if they are not matched for lack of steps', () => {
    const config = { ...lora, target_modules: `${SLOW}|${SLOW.repeat(3)}` };
    assert.throws(() => computeBudget(llama, config), /no targets are found: matching takes more than|too large/);
  });
});
