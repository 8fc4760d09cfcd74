import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { ModelReference } from '../../../../src/protocol/models';
import { say, analyse, lora, findings, codes, only, apply, fixed, host } from './analysis';

const folders: string[] = [];

describe('the analysis of targets in adapter_config.json', () => {
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it('has no finding for a typical config, and counts it', async () => {
    const analysis = await analyse(lora({ target_modules: ['q_proj', 'v_proj'] }));
    assert.deepEqual(analysis.findings, []);
    assert.equal(analysis.budget.counted?.trainable, 3_407_872);
    assert.equal(analysis.budget.counted?.all, 8_030_261_248 + 3_407_872);
    assert.deepEqual(analysis.targets?.entries, [
      ['q_proj', 32],
      ['v_proj', 32],
    ]);
    assert.equal(analysis.place, 'chosen');
  });

  it('points exactly at the entry that matches nothing, and suggests what was meant', async () => {
    const text = lora({ target_modules: ['q_porj', 'v_proj'] });
    const { findings: found } = await analyse(text);
    const finding = only(found, 'target-no-match');
    assert.equal(text.slice(finding.offset, finding.offset + finding.length), '"q_porj"');
    assert.equal(finding.severity, 'warning');
    assert.match(say(finding.text), /'q_porj' matches no module of Llama-3-8B. Did you mean 'q_proj' \(32 modules\)\?/);
    assert.deepEqual((await fixed(text, 'target-no-match'))['target_modules'], ['q_proj', 'v_proj']);
    const removing = finding.fixes.length - 1;
    assert.deepEqual((await fixed(text, 'target-no-match', removing))['target_modules'], ['v_proj']);
  });

  it('reports an error if no entry matches, because PEFT refuses the config', async () => {
    const found = await findings({ target_modules: ['query_key_valeu', 'qkv'] });
    assert.deepEqual(
      found.filter(({ code }) => code === 'target-no-match').map(({ severity }) => severity),
      ['error', 'error'],
    );
  });

  it("knows the name of the same part in another architecture: q_proj is GPT-NeoX's query_key_value", async () => {
    const config = {
      model_type: 'gpt_neox',
      architectures: ['GPTNeoXForCausalLM'],
      hidden_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      intermediate_size: 256,
      vocab_size: 100,
    };
    const model: ModelReference = host.document('neox', config);
    const text = lora({ target_modules: ['q_proj', 'v_proj'] });
    const { findings: found } = await analyse(text, { model });
    assert.match(say(found[0]!.text), /Did you mean 'query_key_value' \(2 modules\)/);
    const after = apply(text, found[0]!.fixes[0]!);
    assert.deepEqual(codes((await analyse(after, { model })).findings), ['target-no-match']);
  });

  it('distinguishes case, and matches only suffixes that follow a dot', async () => {
    assert.deepEqual((await fixed(lora({ target_modules: ['Q_proj'] }), 'target-no-match'))['target_modules'], [
      'q_proj',
    ]);
    only(await findings({ target_modules: ['proj', 'q_proj'] }), 'target-no-match');
  });

  it('recognises a pattern in a list, a name as a pattern, and "all-linear" in a list', async () => {
    assert.equal(
      (await fixed(lora({ target_modules: ['.*\\.(q|v)_proj'] }), 'target-no-match'))['target_modules'],
      '.*\\.(q|v)_proj',
    );
    assert.deepEqual((await fixed(lora({ target_modules: 'q_proj' }), 'target-no-match'))['target_modules'], [
      'q_proj',
    ]);
    assert.equal(
      (await fixed(lora({ target_modules: ['all-linear'] }), 'target-no-match'))['target_modules'],
      'all-linear',
    );
    assert.deepEqual(await findings({ target_modules: 'all-linear' }), []);
    assert.deepEqual(await findings({ target_modules: '.*\\.(q|v)_proj' }), []);
  });

  it('says why it cannot evaluate a pattern, as information', async () => {
    const finding = only(await findings({ target_modules: '.*(q)\\1_proj' }), 'pattern-not-translated');
    assert.equal(finding.severity, 'information');
    only(await findings({ target_modules: '.*(q_proj' }), 'pattern-not-translated');
  });

  it('offers the linear layers inside a module that only contains others', async () => {
    const text = lora({ target_modules: ['q_proj', 'mlp'] });
    assert.equal(only((await analyse(text)).findings, 'target-unsupported').severity, 'error');
    assert.deepEqual((await fixed(text, 'target-unsupported'))['target_modules'], [
      'q_proj',
      'gate_proj',
      'up_proj',
      'down_proj',
    ]);
    only(await findings({ target_modules: ['input_layernorm'] }), 'target-unsupported');
  });

  it('counts the layers that a target leaves out, and warns if no other target reaches them', async () => {
    const names = Array.from({ length: 6 }, (_, layer) => [
      [`model.layers.${layer}.norm.weight`, [8]],
      ...(layer % 3 === 2
        ? [[`model.layers.${layer}.attn.q_proj.weight`, [8, 8]]]
        : [[`model.layers.${layer}.mixer.in_proj.weight`, [16, 8]]]),
    ]).flat();
    const folder = hybridModel(names as [string, number[]][]);
    const model: ModelReference = { kind: 'file', title: 'hybrid', path: path.join(folder, 'config.json') };
    const finding = only(await findings({ target_modules: ['q_proj'] }, { model }), 'target-partial');
    assert.equal(finding.severity, 'warning');
    assert.match(say(finding.text), /'q_proj' matches 2 modules, in 2 of 6 layers; left out: 0-1, 3-4\./);
    const both = await findings({ target_modules: ['q_proj', 'in_proj'] }, { model });
    assert.deepEqual(
      both.map(({ severity }) => severity),
      ['information', 'information'],
    );
    assert.deepEqual(await findings({ target_modules: ['q_proj'], layers_to_transform: [2, 5] }, { model }), []);
    only(await findings({ target_modules: ['q_proj'], layers_to_transform: [1, 2] }, { model }), 'target-partial');
    assert.deepEqual(await findings({ target_modules: ['model.layers.2.attn.q_proj'] }, { model }), []);
  });

  it('says that all modules of a target are excluded', async () => {
    only(await findings({ target_modules: ['q_proj', 'v_proj'], exclude_modules: ['v_proj'] }), 'target-excluded');
  });

  it('asks for targets if PEFT has no default for the model type, and offers the linear layers', async () => {
    const config = {
      model_type: 'phi3',
      architectures: ['Phi3ForCausalLM'],
      hidden_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      intermediate_size: 256,
      vocab_size: 100,
    };
    const model: ModelReference = host.document('phi3', config);
    const after = await fixed(lora({ target_modules: null }), 'targets-missing', 0, { model });
    assert.deepEqual(after['target_modules'], ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj']);
    assert.deepEqual(codes(await findings({ target_modules: null })), []);
  });
});

/** A model of an unknown type, whose modules come from its weights' header. */
function hybridModel(tensors: readonly (readonly [string, readonly number[]])[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'peft-hybrid-'));
  folders.push(folder);
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of tensors) {
    const bytes = shape.reduce((product, size) => product * size, 4);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path.join(folder, 'model.safetensors'), Buffer.concat([length, Buffer.from(text), Buffer.alloc(at)]));
  const config = {
    model_type: 'unheard_of',
    hidden_size: 8,
    num_hidden_layers: 6,
    num_attention_heads: 1,
    vocab_size: 10,
  };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}
