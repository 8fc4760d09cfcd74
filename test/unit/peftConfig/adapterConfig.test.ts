import { strict as assert } from 'node:assert';
import { parseAdapterConfig } from '../../../src/peftConfig/adapterConfig';

describe('adapter_config.json', () => {
  it("takes PEFT's defaults for missing keys", () => {
    const config = parseAdapterConfig('{"peft_type":"lora"}');
    assert.equal(config.peftType, 'LORA');
    assert.deepEqual([config.rank, config.alpha, config.useRslora], [8, 8, false]);
    assert.deepEqual([...config.defaulted], ['r', 'lora_alpha']);
    assert.deepEqual(config.problems, []);
  });

  it('of another library has no method, and its scale is read', () => {
    const config = parseAdapterConfig(
      '{"fine_tune_type":"lora","lora_parameters":{"rank":8,"scale":10.0},"model":"/m"}',
    );
    assert.equal(config.peftType, null);
    assert.equal(config.mlxScale, 10);
    assert.deepEqual(
      config.rows.map(([label]) => label),
      ['Method', 'Base model', 'LoRA parameters'],
    );
  });

  it('is refused if it is not JSON or not an object', () => {
    for (const text of ['', '{"r":', '[1]', 'null', '7'])
      assert.throws(() => parseAdapterConfig(text), { name: 'JsonError' }, text);
  });

  it('gives defaults with a problem for values of the wrong type', () => {
    for (const text of ['{"r":"8"}', '{"r":-1}', '{"r":1.5}', '{"r":1e999}', '{"lora_alpha":"x"}']) {
      const config = parseAdapterConfig(text);
      assert.equal(config.rank, 8, text);
      assert.equal(config.problems.length, 1, text);
    }
    assert.deepEqual(parseAdapterConfig('\ufeff{"r":4}').rank, 4);
  });

  it('may have r = 0 for OFT, which then uses its block size, and for no other method', () => {
    assert.deepEqual(parseAdapterConfig('{"peft_type": "OFT", "r": 0, "oft_block_size": 8}').problems, []);
    assert.match(
      parseAdapterConfig('{"peft_type": "LORA", "r": 0}').problems[0]!.message,
      /'r' is 0, expected a positive integer/,
    );
  });

  it('keeps the order of its patterns and drops values that are not numbers', () => {
    const config = parseAdapterConfig(
      '{"rank_pattern":{"layers.0.q_proj":4,"q_proj":2,"v_proj":"x","k_proj":0},"alpha_pattern":{"q_proj":0.5}}',
    );
    assert.deepEqual(
      config.rankPattern.map(({ key, value }) => [key, value]),
      [
        ['layers.0.q_proj', 4],
        ['q_proj', 2],
      ],
    );
    assert.equal(config.alphaPattern[0]!.value, 0.5);
    assert.equal(parseAdapterConfig('{"rank_pattern":{"a":[true,false]}}').rankPattern.length, 0);
  });

  it('ignores a pattern that cannot be compiled, and reports it', () => {
    const config = parseAdapterConfig('{"rank_pattern":{"(q)_\\\\1":4,"q_proj":2}}');
    assert.deepEqual(
      config.rankPattern.map(({ key }) => key),
      ['q_proj'],
    );
    assert.match(
      config.problems[0]!.message,
      /rank_pattern '\(q\)_\\1' is ignored because it cannot be matched: back-references/,
    );
  });

  it('matches no name that is too long for a pattern, and reports that once', () => {
    const config = parseAdapterConfig('{"rank_pattern":{".*_proj":4,"q_proj":2}}');
    const [pattern, plain] = config.rankPattern;
    const name = `${'a.'.repeat(4000)}q_proj`;
    assert.deepEqual([pattern!.matches(name), pattern!.matches(name), plain!.matches(name)], [false, false, true]);
    assert.equal(config.matching.problems.length, 1);
    assert.match(
      config.matching.problems[0]!,
      /no pattern matches it, because the name is longer than 4096 characters/,
    );
    assert.equal(pattern!.matches('layers.0.v_proj'), true);
  });

  it('takes the first 2000 entries of a pattern, and reports that', () => {
    const rank_pattern = Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`m${i}`, 4]));
    const config = parseAdapterConfig(JSON.stringify({ rank_pattern }));
    assert.equal(config.rankPattern.length, 2000);
    assert.deepEqual(
      config.problems.map(({ message }) => message),
      ['adapter_config.json: rank_pattern has 2001 entries, expected at most 2000 entries; the rest is ignored'],
    );
  });

  it('may have keys of any name without harm', () => {
    const config = parseAdapterConfig('{"__proto__":{"r":99},"constructor":1,"rank_pattern":{"__proto__":5}}');
    assert.equal(config.rank, 8);
    assert.deepEqual(
      config.rankPattern.map(({ key, value }) => [key, value]),
      [['__proto__', 5]],
    );
  });
});
