import { strict as assert } from 'node:assert';
import { makeCase } from '../../fuzz/fuzz';
import { judge } from '../../fuzz/kind';
import { KINDS } from '../../fuzz/kinds';
import { prototypesAsTheyAre, prototypesChanged } from '../../fuzz/prototypes';
import { checkReply } from '../../fuzz/replies';

/** A small, fixed part of the cases of `npm run fuzz`: how many of each kind, and outcomes that must be among theirs. */
const SEED = 20;
const PARTS: Readonly<Record<string, { readonly cases: number; readonly outcomes: readonly string[] }>> = {
  files: { cases: 250, outcomes: ['opened', 'opened with problems'] },
  budgets: { cases: 300, outcomes: ['counted', 'ConfigError'] },
  configs: { cases: 300, outcomes: ['counted', 'not counted', 'opened with problems', 'explained', 'budget'] },
  indexes: { cases: 200, outcomes: ['opened', 'opened with problems', 'inspect', 'InvalidHeaderDeserialization'] },
  patterns: { cases: 200, outcomes: ['matched', 'agreed on matches', 'opened with problems', 'explained'] },
  python: { cases: 60, outcomes: ['lenses and hovers', 'no call'] },
  notebooks: { cases: 200, outcomes: ['lenses and hovers', 'no call', 'refused by the editor'] },
  workspaces: { cases: 60, outcomes: ['adapters, models', 'adapters, no model'] },
};

describe('npm run fuzz', () => {
  for (const kind of KINDS) {
    it(`ends every case of the kind ${kind.name} with a result or a typed error, within its limits`, async () => {
      const part = PARTS[kind.name];
      assert.ok(part, 'the kind is not among the parts of this test');
      const make = kind.load();
      const outcomes = new Set<string>();
      for (let number = 0; number < part.cases; number++) {
        const { outcome, fault } = await judge(makeCase(make, SEED, number), kind.maxBytes);
        assert.equal(fault, null, `--kind=${kind.name} --seed=${SEED} --only=${number}`);
        outcomes.add(outcome);
      }
      const missing = part.outcomes.filter((outcome) => !outcomes.has(outcome));
      assert.deepEqual(missing, [], `the outcomes are ${[...outcomes].join(', ')}`);
    });
  }

  it('makes the same case from the same seed and number', () => {
    for (const kind of KINDS) {
      const make = kind.load();
      const [first, again, other] = [7, 7, 8].map((number) => makeCase(make, SEED, number).shown);
      assert.equal(first, again, kind.name);
      if (kind.name !== 'workspaces') assert.notEqual(first, other, kind.name);
    }
  });

  it('takes an untyped error and a changed prototype for faults', async () => {
    const faultOf = async (run: () => Promise<string>): Promise<string> =>
      (await judge({ shown: '', run })).fault ?? 'none';
    assert.equal(await faultOf(async () => 'fine'), 'none');
    assert.match(await faultOf(() => Promise.reject(new TypeError('x is undefined'))), /x is undefined/);
    const pollute = async (): Promise<string> => {
      Reflect.set(Object.prototype, 'polluted', performance.now());
      return 'fine';
    };
    assert.match(await faultOf(pollute), /Object\.polluted/);
    Reflect.deleteProperty(Object.prototype, 'polluted');
  });

  it('takes a reply with a number that is not finite, or with too much text, for a fault', () => {
    checkReply('reply', { counts: [1, 2], name: 'x' });
    assert.throws(() => checkReply('reply', { counts: [1, NaN] }), /reply\.counts\.1 is NaN/);
    assert.throws(() => checkReply('reply', new Map([['a', Infinity]])), /is Infinity/);
    assert.throws(() => checkReply('reply', 'x'.repeat(17 << 20)), /larger/);
  });

  it('finds a replaced method of a shared prototype', () => {
    const before = prototypesAsTheyAre();
    assert.deepEqual(prototypesChanged(before), []);
    const { toLocaleString } = Object.prototype;
    Object.prototype.toLocaleString = () => '';
    const changed = prototypesChanged(before);
    Object.prototype.toLocaleString = toLocaleString;
    assert.deepEqual(changed, ['Object.toLocaleString']);
  });
});
