import { strict as assert } from 'node:assert';
import { readFile, readOne } from './reading';

const HEAD = 'from unsloth import FastLanguageModel, FastVisionModel\n';
const LINEAR = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

describe("Unsloth's get_peft_model", () => {
  it("has Unsloth's defaults for arguments that are not given", () => {
    const { config, unknown, strange } = readOne(`${HEAD}m = FastLanguageModel.get_peft_model(m, random_state=1)`);
    assert.deepEqual(config, { peft_type: 'LORA', r: 16, lora_alpha: 16, target_modules: LINEAR });
    assert.deepEqual([unknown, strange], [[], []]);
  });

  it("takes keyword and positional arguments, and leaves out Unsloth's own", () => {
    const { config } = readOne(
      `${HEAD}FastLanguageModel.get_peft_model(m, 8, ["q_proj"], use_rslora=True, ` +
        'use_gradient_checkpointing="unsloth", loftq_config=None)',
    );
    assert.deepEqual(config, { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: ['q_proj'], use_rslora: true });
  });

  it('fully trains embeddings and the output layer if they are named as targets', () => {
    const { config } = readOne(
      `${HEAD}FastLanguageModel.get_peft_model(m, target_modules=["q_proj", "lm_head", "embed_tokens"])`,
    );
    assert.deepEqual([config['target_modules'], config['modules_to_save']], [['q_proj'], ['lm_head', 'embed_tokens']]);
  });

  it('guesses neither values that are not literals nor targets that Unsloth chooses for the model', () => {
    const reasons = (text: string): string[] =>
      readOne(HEAD + text).unknown.map(({ key, reason }) => `${key} is ${reason}`);
    assert.deepEqual(reasons('FastLanguageModel.get_peft_model(m, r=args.r)'), ['r is not a literal']);
    assert.deepEqual(reasons('FastLanguageModel.get_peft_model(m, **settings)'), ['** is not a literal']);
    assert.deepEqual(reasons('FastVisionModel.get_peft_model(m, r=8)'), [
      'target_modules is chosen by Unsloth for the model',
    ]);
    assert.deepEqual(reasons('FastVisionModel.get_peft_model(m, target_modules=["q_proj"])'), []);
    assert.equal(Object.hasOwn(readOne(`${HEAD}FastLanguageModel.get_peft_model(m, r=args.r)`).config, 'r'), false);
  });

  it('adapts the model that the same class loads', () => {
    const { baseModel } = readOne(
      `${HEAD}m, t = FastLanguageModel.from_pretrained(model_name="unsloth/llama-3-8b-bnb-4bit")\n` +
        'm = FastLanguageModel.get_peft_model(m)',
    );
    assert.equal(baseModel, 'unsloth/llama-3-8b-bnb-4bit');
  });

  it("is not another library's function of the same name", () => {
    assert.deepEqual(readFile('import mine\nmine.FastLanguageModel.get_peft_model(m)').configs, []);
    assert.deepEqual(readFile(`${HEAD}FastLanguageModel.for_inference(m)`).configs, []);
  });
});
