import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import Ajv from 'ajv';
import { configSchema, configSchemaText } from '../../../src/peftConfig/configSchema';
import { FIELD_TEXTS } from '../../../src/peftConfig/fieldTexts';
import { COMMON_KEYS } from '../../../src/peftConfig/commonKeys';
import { METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import { METHOD_TEXTS } from '../../../src/peftConfig/methodTexts';

const SCHEMA = 'schemas/adapter_config.schema.json';
/** The keys and defaults of every peft_type of PEFT 0.21, read from its config classes. */
const golden = JSON.parse(readFileSync('test/fixtures/golden/config_fields.json', 'utf8')) as Record<
  string,
  Record<string, unknown>
>;
const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false }).compile(configSchema());
const problems = (config: unknown): string[] => {
  validate(config);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

function configsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'adapter_config.json')
    .map((file) => path.join(folder, file));
}

/** `undefined` if the text is not JSON: the shared folder holds broken files for the tests of the readers. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('the schema of adapter_config.json', () => {
  it('is the file that ships, which the manifest names', () => {
    assert.equal(readFileSync(SCHEMA, 'utf8'), configSchemaText(), 'run node scripts/configSchema.mjs');
    assert.deepEqual(JSON.parse(readFileSync(SCHEMA, 'utf8')), configSchema());
    const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      contributes: { jsonValidation: { fileMatch: string; url: string }[] };
    };
    assert.deepEqual(contributes.jsonValidation, [{ fileMatch: 'adapter_config.json', url: `./${SCHEMA}` }]);
    assert.match(readFileSync('.vscodeignore', 'utf8'), /^!schemas\/\*\.json$/m);
  });

  it("has every key of PEFT's config classes with its default, and no other", () => {
    for (const [method, fields] of Object.entries(golden)) {
      const ours: Record<string, unknown> = { ...COMMON_KEYS, ...METHOD_KEYS[method] };
      // PEFT never saves runtime_config.
      const theirs = Object.hasOwn(fields, 'runtime_config') ? { ...fields, runtime_config: {} } : fields;
      assert.deepEqual(ours, theirs, method);
    }
    const extra = Object.keys(METHOD_KEYS).filter((method) => !Object.hasOwn(golden, method));
    assert.deepEqual(extra, ['BONE']);
  });

  it('describes every key and every method, and no others', () => {
    const keys = new Set([COMMON_KEYS, ...Object.values(METHOD_KEYS)].flatMap((each) => Object.keys(each)));
    assert.deepEqual(Object.keys(FIELD_TEXTS).sort(), [...keys].sort());
    assert.deepEqual(Object.keys(METHOD_TEXTS).sort(), Object.keys(METHOD_KEYS).sort());
  });

  it('accepts the defaults of every method', () => {
    for (const [method, defaults] of Object.entries(METHOD_KEYS))
      assert.deepEqual(problems({ ...COMMON_KEYS, ...defaults, peft_type: method }), [], method);
  });

  it('accepts every config that the real library saved', () => {
    const files = configsBelow('test/fixtures/peft_saved').concat(configsBelow('sample-workspace'));
    assert.ok(files.length >= 14);
    for (const file of files) assert.deepEqual(problems(JSON.parse(readFileSync(file, 'utf8'))), [], file);
  });

  it('accepts the shared configs if they are present', function () {
    const shared = path.resolve('..', 'shared');
    if (!existsSync(shared)) {
      console.log(`        not checked: there is no ${shared}`);
      this.skip();
    }
    const readable = configsBelow(shared).flatMap((file) => {
      const config = parsedJson(readFileSync(file, 'utf8'));
      return config === undefined ? [] : [{ file, config }];
    });
    assert.ok(readable.length > 0);
    for (const { file, config } of readable) assert.deepEqual(problems(config), [], file);
  });

  it('accepts the files of this name that other programs write', () => {
    const mlx = {
      fine_tune_type: 'lora',
      num_layers: 4,
      lora_parameters: { rank: 8, scale: 10 },
      model: '/models/qwen',
      seed: 0,
    };
    const adapterHub = {
      config: { reduction_factor: 16 },
      hidden_size: 768,
      model_type: 'bert',
      name: 'sst',
      version: '1.0.0',
    };
    for (const config of [mlx, adapterHub, {}]) assert.deepEqual(problems(config), []);
  });

  it('refuses values of the wrong kind for the method', () => {
    assert.match(problems({ peft_type: 'LORA', r: '8' }).join(), /\/r must be integer,null/);
    assert.match(problems({ peft_type: 'LORA', bias: 'oft_only' }).join(), /\/bias must be equal/);
    assert.deepEqual(problems({ peft_type: 'OFT', bias: 'oft_only' }), []);
    assert.match(problems({ peft_type: 'LORA', lora_dropout: 1.5 }).join(), /must be <= 1/);
    assert.match(problems({ peft_type: 'LORAX' }).join(), /\/peft_type must be equal/);
    assert.match(problems({ peft_type: 'LORA', target_modules: [1] }).join(), /target_modules/);
    assert.deepEqual(problems({ peft_type: 'LORA', init_lora_weights: 'pissa_niter_16' }), []);
    assert.match(problems({ peft_type: 'LORA', modules_to_save: 'norm' }).join(), /modules_to_save/);
    assert.deepEqual(problems({ peft_type: 'LN_TUNING', modules_to_save: 'norm' }), []);
    assert.match(problems({ peft_type: 'LORA', init_lora_weights: 'magic' }).join(), /init_lora_weights/);
  });
});
