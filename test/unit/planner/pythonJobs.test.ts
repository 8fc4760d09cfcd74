import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { DEFAULT_INPUTS } from '../../../src/host/budgetInputs';
import type { LocalText } from '../../../src/protocol/localText';
import type { WorkspaceModel } from '../../../src/protocol/models';
import type { PythonDocument } from '../../../src/protocol/python';
import { NOWHERE, plannerCaller } from './plannerCaller';

const GPT_NEO: WorkspaceModel = {
  title: 'EleutherAI/gpt-neo-125M/config.json',
  folder: 'file:///sample/EleutherAI/gpt-neo-125M',
  name: 'gpt-neo-125M',
  ownName: null,
  file: {
    kind: 'file',
    title: 'gpt-neo-125M',
    path: path.join(process.cwd(), 'sample-workspace/EleutherAI/gpt-neo-125M/config.json'),
  },
};
const LLAMA = { inputs: DEFAULT_INPUTS, model: { kind: 'preset', id: 'llama-2-7b' } } as const;
const HEAD = 'from peft import LoraConfig, get_peft_model\n';

function program(text: string, more: Partial<PythonDocument> = {}): PythonDocument {
  return { ...NOWHERE, parts: [{ text, notebookCell: false }], calculator: LLAMA, ...more };
}

const said = ({ message, args }: LocalText): string =>
  message.replace(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));

describe('the lens over a config in Python', () => {
  const call = plannerCaller();
  const titles = async (text: string, more?: Partial<PythonDocument>): Promise<string[]> =>
    (await call('python/lenses', program(text, more))).map(({ title }) => said(title));

  it("shows PEFT's count on the calculator's model if the program names none", async () => {
    assert.deepEqual(await titles(`${HEAD}LoraConfig(r=8)`), ['4,194,304 trainable · 0.0622% of Llama-2-7B · 16.8 MB']);
  });

  it('shows the count on the model that the program loads', async () => {
    const text = 'm = AutoModel.from_pretrained("EleutherAI/gpt-neo-125M")\nc = LoraConfig(r=8)\nget_peft_model(m, c)';
    const [config, model] = await titles(text, { workspace: [GPT_NEO] });
    assert.match(config ?? '', /^294,912 trainable · 0\.2350% of EleutherAI\/gpt-neo-125M · 1\.19 MB$/);
    assert.equal(model, 'trainable params: 294,912 || all params: 125,493,504 || trainable%: 0.2350');
  });

  it("prefers the workspace's only model to the calculator's", async () => {
    assert.match((await titles('LoraConfig(r=8)', { workspace: [GPT_NEO] }))[0] ?? '', /^294,912 .*gpt-neo-125M/);
    const two = [GPT_NEO, { ...GPT_NEO, folder: 'file:///other' }];
    assert.match((await titles('LoraConfig(r=8)', { workspace: two }))[0] ?? '', /Llama-2-7B/);
  });

  it('counts on a preset with the name that the program loads', async () => {
    const text = 'm = AutoModelForCausalLM.from_pretrained("meta-llama/Llama-2-7b-hf")\nLoraConfig(r=8)';
    assert.match((await titles(text, { workspace: [GPT_NEO] }))[0] ?? '', /^4,194,304 .* of Llama-2-7B ·/);
  });

  it("counts Unsloth's call on the preset whose four-bit copy the program loads", async () => {
    const text =
      'from unsloth import FastLanguageModel\nm, t = FastLanguageModel.from_pretrained("unsloth/llama-3-8b-bnb-4bit")\nm = FastLanguageModel.get_peft_model(m, r=16)';
    // Unsloth's own notebook prints this count for the model.
    assert.match((await titles(text))[0] ?? '', /^41,943,040 trainable · 0\.5196% of Llama-3-8B ·/);
  });

  const STAND_IN = 'm = AutoModel.from_pretrained("nobody/nothing")\nc = LoraConfig(r=8)\nget_peft_model(m, c)';

  it('names the model that stands in for one that is not found, in the same line as every figure', async () => {
    const [config, model] = await titles(STAND_IN);
    assert.match(config ?? '', /of Llama-2-7B, standing in for nobody\/nothing ·/);
    assert.equal(
      model,
      'trainable params: 4,194,304 || all params: 6,742,609,920 || trainable%: 0.0622 || ' +
        'on Llama-2-7B, standing in for nobody/nothing',
    );
  });

  it('says nothing about targets that a stand-in lacks', async () => {
    const text = 'm = AutoModel.from_pretrained("nobody/nothing")\nLoraConfig(target_modules=["q_proj", "c_attn"])';
    assert.match((await titles(text))[0] ?? '', /^2,097,152 trainable · [^·]* · [^·]*$/);
  });

  it("names the calculator's model over get_peft_model if the program names none", async () => {
    const [, model] = await titles('c = LoraConfig(r=8)\nget_peft_model(m, c)');
    assert.match(model ?? '', /^trainable params: 4,194,304 .* \|\| on Llama-2-7B$/);
  });

  it('names a setting that is not a literal, and counts if the count does not depend on it', async () => {
    assert.deepEqual(await titles('VeraConfig(n=1, save_projection=x)'), [
      'save_projection is not a literal: not counted',
    ]);
    assert.deepEqual(await titles('LoraConfig(r=args.r)'), [
      'r is not a literal: not counted · each rank adds 524,288',
    ]);
    assert.deepEqual(await titles('LoraConfig(r=args.r, bias=b)'), ['r, bias are unknown: not counted']);
    assert.deepEqual(await titles('LoraConfig(r=8, **kwargs)'), ['**... is not a literal: not counted']);
    assert.match((await titles('LoraConfig(r=8, lora_alpha=args.a, lora_dropout=d)'))[0] ?? '', /^4,194,304 trainable/);
    assert.equal((await titles('c = LoraConfig(r=args.r)\nget_peft_model(m, c)')).length, 1);
  });

  it('says that targets match nothing, which PEFT does not report', async () => {
    const [one, two] = await titles(
      'LoraConfig(target_modules=["q_proj", "v_porj"])\nLoraConfig(target_modules=["q_proj", "a", "b"])',
    );
    assert.match(one ?? '', /^2,097,152 trainable .* · a target matches no module$/);
    assert.match(two ?? '', /^2,097,152 trainable .* · 2 targets match no module$/);
  });

  it('says why PEFT would refuse a config', async () => {
    assert.match(
      (await titles('LoraConfig(target_modules=["nothing"])'))[0] ?? '',
      /^Not counted on Llama-2-7B: .*nothing/,
    );
  });

  it('says that there is no model', async () => {
    const calculator = { inputs: DEFAULT_INPUTS, model: { kind: 'missing', title: '', message: '' } } as const;
    assert.match((await titles('LoraConfig()', { calculator }))[0] ?? '', /^Not counted: no config\.json/);
  });

  it('opens the comparison at the settings of the call', async () => {
    const text = 'LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj"])\nPrefixTuningConfig(num_virtual_tokens=7)';
    const lenses = await call('python/lenses', program(text));
    assert.deepEqual(
      lenses.map(({ comparison }) => comparison),
      [
        {
          model: { preset: 'llama-2-7b' },
          standsInFor: null,
          method: { rank: '4', alpha: '32' },
          targets: [['llama', ['q_proj']]],
        },
        { model: { preset: 'llama-2-7b' }, standsInFor: null, method: { prefixLength: '7' }, targets: [] },
      ],
    );
  });

  it('is absent in other programs', async () => assert.deepEqual(await titles('print("LoraConfig(r=8)")'), []));

  it("counts the sample workspace's program", async () => {
    const text = readFileSync('sample-workspace/train.py', 'utf8');
    const all = await titles(text, { workspace: [GPT_NEO] });
    assert.match(all[0] ?? '', /^294,912 trainable/);
    assert.match(all[1] ?? '', /^294,912 trainable/);
    assert.match(all[2] ?? '', /^294,912 trainable/);
    assert.equal(
      all[3],
      `r is a parameter: not counted · each rank adds ${(12 * (4 * 1536 + 2 * 3840)).toLocaleString('en-US')}`,
    );
    assert.match(all[4] ?? '', /^trainable params: 294,912 \|\|/);
    assert.equal(all.length, 5);
  });
});

describe('hover in Python', () => {
  const call = plannerCaller();
  /** Hovers over the first occurrence of a word. */
  const hover = async (text: string, word: string): Promise<string> =>
    (await call('python/hover', { ...program(text), part: 0, offset: text.indexOf(word) + 1 }))?.markdown ?? '';

  it('explains on the class what is trained, module by module', async () => {
    const markdown = await hover('LoraConfig(r=8, target_modules=["q_proj", "down_proj"])', 'LoraConfig');
    assert.match(markdown, /\*\*LoraConfig\*\* \(`LORA`\)/);
    assert.match(markdown, /\| `q_proj` \| 32 \| 8 \| 2,097,152 \|/);
    assert.match(markdown, /\| `down_proj` \| 32 \| 8 \| 3,866,624 \|/);
  });

  it('explains an argument: its meaning, its default, and its effect', async () => {
    const markdown = await hover('LoraConfig(r=8, lora_alpha=32)', 'lora_alpha');
    assert.match(markdown, /^`lora_alpha`: .* Default `8`\./);
    assert.match(markdown, /lora_alpha \/ r = 32 \/ 8 = \*\*4\*\*/);
  });

  it('says that a target matches nothing, and suggests what was meant', async () => {
    const text = 'LoraConfig(target_modules=["q_proj", "v_porj"])';
    for (const word of ['target_modules', 'LoraConfig'])
      assert.match(await hover(text, word), /v\\_porj.*v\\_proj/, word);
  });

  it('names unknown values, and counts nothing that depends on them', async () => {
    const text = 'LoraConfig(r=args.r, lora_alpha=16)';
    assert.match(await hover(text, 'LoraConfig'), /Not counted.*`r`[\s\S]*`r` is not a literal/);
    assert.match(await hover(text, 'r='), /`r` is \*\*not a literal\*\*/);
    assert.doesNotMatch(await hover(text, 'lora_alpha'), /trainable parameters\*\* on/);
  });

  it('says that PEFT refuses an argument that the class does not take', async () => {
    assert.match(await hover('LoraConfig(rank=8)', 'rank'), /not an argument of `LoraConfig`/);
  });

  it('explains get_peft_model as it explains the class of its config', async () => {
    assert.match(await hover('c = LoraConfig(r=8)\nget_peft_model(m, c)', 'get_peft'), /\*\*4,194,304 trainable/);
  });

  it('is silent elsewhere', async () => {
    assert.equal(await hover('x = 3\nLoraConfig(r=8)', 'x'), '');
    assert.equal(await hover('LoraConfig(  r=8)', '  r'), '');
  });

  it('shows names of the program as text, whatever they hold', async () => {
    const text = 'LoraConfig(target_modules=["q_proj", "[x](command:y)`<b>"])';
    const markdown = await hover(text, 'LoraConfig');
    assert.doesNotMatch(markdown, /(?<!\\)\[x/);
    assert.doesNotMatch(markdown, /(?<!\\)<b>/);
  });
});

describe('findings in Python', () => {
  const call = plannerCaller();
  const findings = async (text: string, more?: Partial<PythonDocument>) => {
    const reply = await call('python/findings', program(text, more));
    return reply.findings.map(({ code, severity, span, fixes, chooseFor, text: message }) => ({
      code,
      severity,
      marked: text.slice(span.from, span.to),
      fixes: fixes.map(({ newText }) => newText),
      chooseFor,
      message: said(message),
    }));
  };

  it('marks a target that matches nothing, as in adapter_config.json, with its fix', async () => {
    const [found, ...others] = await findings(`${HEAD}LoraConfig(target_modules=["q_proj", 'v_porj'])`);
    assert.deepEqual(others, []);
    assert.equal(found?.code, 'target-no-match');
    assert.equal(found.marked, "'v_porj'");
    assert.equal(found.fixes[0], '"v_proj"');
    assert.match(found.message, /v_porj.* matches no module of Llama-2-7B/);
  });

  it('marks the argument, or the class, if the text of the value is not there exactly once', async () => {
    const [found] = await findings(`${HEAD}names = ["q_proj", "v_porj"]\nLoraConfig(target_modules=names)`);
    assert.deepEqual([found?.marked, found?.fixes], ['target_modules=names', []]);
  });

  it('says that the base model is not found, whose figures are shown, and for which name to choose a model', async () => {
    const text = `${HEAD}m = AutoModel.from_pretrained("nobody/nothing")\nLoraConfig(r=8, target_modules=["c_attn"])`;
    const [found, ...others] = await findings(text);
    assert.deepEqual(others, [], 'what another model lacks says nothing');
    assert.deepEqual(
      [found?.code, found?.marked, found?.chooseFor],
      ['base-not-found', 'LoraConfig', 'nobody/nothing'],
    );
    assert.match(found?.message ?? '', /nobody\/nothing was not found.*The figures are those of Llama-2-7B\.$/);
  });

  it('marks an argument that PEFT refuses', async () => {
    const [found] = await findings(`${HEAD}LoraConfig(rank=8)`);
    assert.deepEqual([found?.code, found?.severity, found?.marked], ['unknown-key', 'error', 'rank=8']);
  });

  it('reports nothing that depends on an unknown value', async () => {
    assert.deepEqual(await findings(`${HEAD}LoraConfig(r=args.r, lora_alpha=4096)`), []);
  });

  it('lists the base models that the program names, for the palette', async () => {
    const text = `${HEAD}m = AutoModel.from_pretrained("Qwen/Qwen3-4B")\nLoraConfig(r=8)`;
    const { baseModels } = await call('python/findings', program(text));
    assert.deepEqual(baseModels, ['Qwen/Qwen3-4B']);
  });
});
