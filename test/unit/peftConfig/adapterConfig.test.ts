import { strict as assert } from 'node:assert';
import { parseAdapterConfig } from '../../../src/peftConfig/adapterConfig';
import { ModulePatternError, compilePattern, compilePatternKey } from '../../../src/peftConfig/modulePattern';

describe('adapter_config.json', () => {
  it("takes PEFT's defaults for what is missing", () => {
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

  it('that is no JSON, no object or of wrong types becomes defaults with a problem', () => {
    for (const text of [
      '',
      '{"r":',
      '[1]',
      'null',
      '{"r":"8"}',
      '{"r":-1}',
      '{"r":1.5}',
      '{"r":1e999}',
      '{"lora_alpha":"x"}',
    ]) {
      const config = parseAdapterConfig(text);
      assert.equal(config.rank, 8, text);
      assert.equal(config.problems.length, 1, text);
    }
    assert.deepEqual(parseAdapterConfig('\ufeff{"r":4}').rank, 4);
  });

  it('may say r = 0 for OFT, whose block size counts instead, and for nothing else', () => {
    assert.deepEqual(parseAdapterConfig('{"peft_type": "OFT", "r": 0, "oft_block_size": 8}').problems, []);
    assert.match(
      parseAdapterConfig('{"peft_type": "LORA", "r": 0}').problems[0]!.message,
      /'r' is 0, expected a positive integer/,
    );
  });

  it('keeps the order of its patterns and drops what is no number', () => {
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

  it('leaves a pattern out that cannot be matched, and says so', () => {
    const config = parseAdapterConfig('{"rank_pattern":{"(?=x)q_proj":4,"q_proj":2}}');
    assert.deepEqual(
      config.rankPattern.map(({ key }) => key),
      ['q_proj'],
    );
    assert.match(config.problems[0]!.message, /rank_pattern '\(\?=x\)q_proj' is left out, it cannot be matched/);
  });

  it('has harmless keys of any name', () => {
    const config = parseAdapterConfig('{"__proto__":{"r":99},"constructor":1,"rank_pattern":{"__proto__":5}}');
    assert.equal(config.rank, 8);
    assert.deepEqual(
      config.rankPattern.map(({ key, value }) => [key, value]),
      [['__proto__', 5]],
    );
  });
});

describe('a key of rank_pattern', () => {
  const name = 'model.layers.11.self_attn.q_proj';
  // Each was run through Python's re.match(rf'(.*\.)?({key})$', name).
  const expected: readonly (readonly [string, boolean])[] = [
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
  ];
  for (const [key, matches] of expected) {
    it(`'${key}' ${matches ? 'matches' : 'does not match'} ${name}`, () =>
      assert.equal(compilePatternKey(key)(name), matches));
  }

  it('that would make a backtracking engine hang is decided at once', () => {
    const matches = compilePatternKey('(a+)+(b|c)');
    assert.equal(matches('a'.repeat(900)), false);
    assert.equal(compilePattern('(a*)*(a*)*(a*)*b')('a'.repeat(900)), false);
  });

  it('beyond what is supported is refused', () => {
    const refused = [
      '(?!x)',
      '(?<=x)',
      '(a)\\1',
      '\\bq',
      '(?i)q',
      '(',
      ')',
      '[a',
      '*',
      'a**',
      '{2}',
      '\\',
      '((((a){99}){99}){99}){99}',
      '(((){9999}){9999}){9999}',
      'x'.repeat(2000) + '+',
      '('.repeat(400),
    ];
    for (const key of refused) assert.throws(() => compilePatternKey(key), ModulePatternError, key);
  });
});
