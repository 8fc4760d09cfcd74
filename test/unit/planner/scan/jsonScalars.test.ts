import { strict as assert } from 'node:assert';
import { seededRandom } from '../../../../src/tensor/random';
import { parseBounded } from '../../../../src/planner/scan/boundedJson';
import { adapterFacts, modelFacts } from '../../../../src/planner/scan/configFields';
import { scanJson } from '../../../../src/planner/scan/jsonScalars';
import { MAX_NAME_CHARACTERS } from '../../../../src/protocol/scan';

/** All scalars down to `maxDepth` as [depth, key, value]. */
function scalars(text: string, maxDepth: number): [number, string, unknown][] {
  const found: [number, string, unknown][] = [];
  scanJson(text, ({ depth, key, from, to }) => found.push([depth, key, JSON.parse(text.slice(from, to))]), maxDepth);
  return found;
}

/** A random value, with the characters in strings that a scanner can stumble over. */
function randomValue(random: () => number, depth: number): unknown {
  const pick = Math.floor(random() * (depth > 3 ? 4 : 6));
  const text = (): string =>
    ['"', '\\', '\\"', ':', ',', '{', ']', 'é\u2028', 'a: "b"', ''][Math.floor(random() * 10)]!;
  if (pick === 0) return text() + text();
  if (pick === 1) return random() * 1e6 - 5e5;
  if (pick === 2) return random() < 0.5;
  if (pick === 3) return null;
  const items = Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth + 1));
  return pick === 4 ? items : Object.fromEntries(items.map((item, i) => [`k${i}${text()}`, item]));
}

describe('the scan of JSON', () => {
  it('finds the scalars that JSON.parse finds at the first level, in any layout', () => {
    const random = seededRandom(3);
    for (let trial = 0; trial < 500; trial++) {
      const value = { a: randomValue(random, 1), b: randomValue(random, 1), c: randomValue(random, 1) };
      const expected = Object.entries(value).filter(([, each]) => typeof each !== 'object' || each === null);
      const text = JSON.stringify(value, null, trial % 3);
      assert.deepEqual(
        scalars(text, 1).map(([, key, each]) => [key, each]),
        expected,
        text,
      );
    }
  });

  it('never counts fewer values or levels than there are', () => {
    const random = seededRandom(4);
    const size = (value: unknown): [values: number, depth: number] => {
      if (typeof value !== 'object' || value === null) return [1, 0];
      const parts = Object.values(value).map(size);
      return [parts.reduce((sum, [values]) => sum + values, 1), 1 + Math.max(0, ...parts.map(([, depth]) => depth))];
    };
    for (let trial = 0; trial < 500; trial++) {
      const value = { a: randomValue(random, 1), b: randomValue(random, 1) };
      const scanned = scanJson(JSON.stringify(value), () => undefined, 0);
      const [values, depth] = size(value);
      assert.ok(scanned.values >= values, JSON.stringify(value));
      assert.equal(scanned.depth, depth);
    }
  });

  it('comes to an end on every damaged text', () => {
    const whole = JSON.stringify({ model_type: 'llama', x: ['a\\"b', 1, { y: null }] });
    for (let at = 0; at < whole.length; at++)
      for (const text of [whole.slice(0, at), whole.slice(at), `${whole.slice(0, at)}"${whole.slice(at)}`])
        scanJson(text, () => undefined, 9);
  });
});

describe('the parser of configs', () => {
  it('refuses what is nested or populated far beyond any config, and reads everything else', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.notEqual(parseBounded(nested(50)), null);
    assert.equal(parseBounded(nested(1_000_000)), null);
    const labels = Object.fromEntries(Array.from({ length: 43_000 }, (_, i) => [i, `LABEL_${i}`]));
    assert.deepEqual(parseBounded(JSON.stringify({ id2label: labels })), { id2label: labels });
    assert.equal(parseBounded(`[${'1,'.repeat(300_000)}1]`), null);
    assert.equal(parseBounded('{"a":'), null);
  });
});

describe('the fields that lists show of a config', () => {
  it('are those of its first level, the last of equal keys', () => {
    assert.deepEqual(modelFacts('{"x":{"model_type":"gpt2","_name_or_path":"no"},"model_type":"llama"}'), {
      ownName: null,
    });
    assert.equal(modelFacts('{"x":{"model_type":"gpt2"}}'), null);
    assert.equal(modelFacts('["model_type", "llama"]'), null);
    assert.deepEqual(modelFacts('{"_name_or_path":"a","model_type":"llama","_name_or_path":"b\\u00e9"}'), {
      ownName: 'bé',
    });
    const facts = adapterFacts('{ "peft_type": "LORA", "r": 8, "base_model_name_or_path": "org/base" }');
    assert.deepEqual(facts, { method: 'LORA, r = 8', baseModel: 'org/base', cut: false });
    assert.deepEqual(adapterFacts('not JSON'), { method: '', baseModel: '', cut: false });
  });

  it('are cut at the stated length, also if they consist of escapes', () => {
    for (const letter of ['x', '\\u0041', '\\"', 'é']) {
      const { baseModel, cut } = adapterFacts(`{"base_model_name_or_path":"${letter.repeat(1_000_000)}"}`);
      assert.equal(cut, true);
      assert.ok(baseModel.length <= MAX_NAME_CHARACTERS + 1 && baseModel.endsWith('…'), `${letter}: ${baseModel}`);
      assert.ok(baseModel.length > MAX_NAME_CHARACTERS / 8, letter);
    }
    const short = 'y'.repeat(MAX_NAME_CHARACTERS);
    assert.equal(adapterFacts(`{"base_model_name_or_path":"${short}"}`).baseModel, short);
  });

  it('leave out a name of a model that is longer than any name', () => {
    assert.deepEqual(modelFacts(`{"model_type":"llama","_name_or_path":"${'x'.repeat(1000)}"}`), { ownName: null });
  });
});
