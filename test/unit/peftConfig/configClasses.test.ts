import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  CONFIG_CLASS_NAMES,
  configClass,
  enumMembers,
  nestedConfigFields,
} from '../../../src/peftConfig/configClasses';

/** A Python literal as JSON. The defaults are all simple. */
function fromPython(text: string): unknown {
  if (text === 'None') return null;
  if (text === 'True' || text === 'False') return text === 'True';
  return text.startsWith("'") ? text.slice(1, -1) : (JSON.parse(text) as unknown);
}

/** The configs that are an argument of LoraConfig. */
const NESTED = [
  'ArrowConfig',
  'BdLoraConfig',
  'CordaConfig',
  'EvaConfig',
  'KasaConfig',
  'LoftQConfig',
  'LoraGAConfig',
  'LoraRuntimeConfig',
  'MontecloraConfig',
  'VeloraConfig',
];

describe("PEFT's config classes", () => {
  // The arguments in their order with their defaults, by peft_type.
  const golden = JSON.parse(readFileSync('test/fixtures/golden/config_fields.json', 'utf8')) as Record<
    string,
    Record<string, unknown>
  >;

  for (const name of CONFIG_CLASS_NAMES.filter((each) => each !== 'BoneConfig')) {
    it(`have ${name} with PEFT's arguments in PEFT's order, and its defaults`, () => {
      const found = configClass(name);
      const fields = golden[found?.peftType ?? ''] ?? {};
      // PEFT never saves runtime_config, and the class itself is the peft_type.
      const compared = (each: string): boolean => each !== 'runtime_config' && each !== 'peft_type';
      const names = [...(found?.fields.keys() ?? [])];
      assert.deepEqual(names.filter(compared), Object.keys(fields).filter(compared));
      for (const each of names.filter(compared))
        assert.deepEqual(fromPython(found?.fields.get(each) ?? ''), fields[each], each);
    });
  }

  it('are one for each method of the golden file, and BoneConfig', () => {
    const types = CONFIG_CLASS_NAMES.map((name) => configClass(name)?.peftType);
    assert.deepEqual(types.sort(), [...Object.keys(golden), 'BONE'].sort());
  });

  it('do not include the properties that every object inherits', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.equal(configClass(name), null);
      assert.equal(nestedConfigFields(name), null);
      assert.equal(enumMembers(name), null);
    }
  });

  it('have the arguments, nested configs and enumerations of the PEFT that PEFT_ORACLE_PYTHON runs', function () {
    const python = process.env['PEFT_ORACLE_PYTHON'];
    if (python === undefined) {
      console.log('      left out: PEFT_ORACLE_PYTHON names no Python with peft');
      return void this.skip();
    }
    this.timeout(180_000);
    const script = `
import dataclasses, inspect, json, peft
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING as classes
from peft.tuners.lora import config as lora
from peft.tuners.prompt_tuning import PromptTuningInit
from peft.tuners.p_tuning import PromptEncoderReparameterizationType
from peft.tuners.multitask_prompt_tuning import MultitaskPromptTuningInit
names = lambda cls: list(inspect.signature(cls.__init__).parameters)[1:]
print(json.dumps({
  'classes': {cls.__name__: names(cls) for cls in classes.values()},
  'nested': {name: names(getattr(lora, name)) for name in ${JSON.stringify(NESTED)}},
  'enums': {e.__name__: [m.value for m in e] for e in
    (peft.TaskType, PromptTuningInit, PromptEncoderReparameterizationType, MultitaskPromptTuningInit)},
}))`;
    const real = JSON.parse(
      execFileSync(python, ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ) as Record<'classes' | 'nested' | 'enums', Record<string, string[]>>;
    for (const [name, fields] of Object.entries(real.classes))
      assert.deepEqual([...(configClass(name)?.fields.keys() ?? [])], fields, name);
    for (const [name, fields] of Object.entries(real.nested)) assert.deepEqual(nestedConfigFields(name), fields, name);
    for (const [name, members] of Object.entries(real.enums)) assert.deepEqual(enumMembers(name), members, name);
  });
});
