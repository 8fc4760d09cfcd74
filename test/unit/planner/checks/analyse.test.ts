import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { openCheckpoint } from '../../../../src/matrices/openCheckpoint';
import { nodeFiles } from '../../../../src/files/nodeFile';
import { NOWHERE } from '../plannerCaller';
import { call, say, analyse, lora, findings, codes, only, fixed, host } from './analysis';

describe('the analysis of adapter_config.json', () => {
  it("reports an invalid rank and offers PEFT's default", async () => {
    for (const r of [0, -4, 2.5, '8', true]) {
      const text = lora({ r, lora_alpha: 16 });
      const finding = only((await analyse(text)).findings, 'rank-invalid');
      assert.equal(finding.severity, 'error');
      assert.equal(text.slice(finding.offset, finding.offset + finding.length), JSON.stringify(r));
      assert.equal((await fixed(text, 'rank-invalid'))['r'], 8);
    }
    only(await findings({ rank_pattern: { q_proj: 0 } }), 'rank-invalid');
    const oft = JSON.stringify({
      peft_type: 'OFT',
      base_model_name_or_path: 'base',
      r: 0,
      oft_block_size: 32,
      target_modules: ['q_proj'],
    });
    assert.deepEqual((await analyse(oft)).findings, []);
    const adalora = JSON.stringify({
      peft_type: 'ADALORA',
      base_model_name_or_path: 'base',
      init_r: 0,
      target_modules: ['q_proj'],
    });
    only((await analyse(adalora)).findings, 'rank-invalid');
  });

  it('states the usual range of alpha / r and offers an alpha within it', async () => {
    const finding = only(await findings({ r: 1, lora_alpha: 32 }), 'alpha-ratio');
    assert.match(say(finding.text), /lora_alpha \/ r is 32 \/ 1 = 32; the usual range is 0\.25 to 4/);
    assert.equal((await fixed(lora({ r: 16, lora_alpha: 1 }), 'alpha-ratio'))['lora_alpha'], 32);
    // The recipes at both ends of the usual range: QLoRA's 16 / 64, and 32 / 8.
    assert.deepEqual(await findings({ r: 64, lora_alpha: 16 }), []);
    assert.deepEqual(await findings({ r: 8, lora_alpha: 32 }), []);
    // The default alpha is 8.
    const absent = await fixed(lora({ r: 64, lora_alpha: undefined }), 'alpha-ratio');
    assert.equal(absent['lora_alpha'], 128);
  });

  it('recognises an alpha for alpha / r under use_rslora, and offers to keep the scaling or drop rsLoRA', async () => {
    const text = lora({ r: 64, lora_alpha: 128, use_rslora: true });
    const finding = only((await analyse(text)).findings, 'rslora-alpha');
    assert.match(say(finding.text), /= 128 \/ sqrt\(64\) = 16.*which gives 2/);
    assert.equal((await fixed(text, 'rslora-alpha', 0))['lora_alpha'], 16);
    assert.equal((await fixed(text, 'rslora-alpha', 1))['use_rslora'], false);
    assert.deepEqual(await findings({ r: 64, lora_alpha: 16, use_rslora: true }), []);
    only(await findings({ r: 4, lora_alpha: 1000, use_rslora: true }), 'alpha-ratio');
  });

  it('knows the ranks that vLLM can load', async () => {
    const beyond = only(await findings({ r: 1024, lora_alpha: 1024 }), 'rank-not-served');
    assert.equal(beyond.severity, 'warning');
    assert.equal((await fixed(lora({ r: 1024, lora_alpha: 1024 }), 'rank-not-served'))['r'], 512);
    const between = only(await findings({ r: 24, lora_alpha: 24 }), 'rank-not-served');
    assert.equal(between.severity, 'information');
    assert.match(say(between.text), /--max-lora-rank 32/);
    only(await findings({ rank_pattern: { q_proj: 600 } }), 'rank-not-served');
    for (const r of [1, 4, 8, 16, 256, 320, 512])
      assert.ok(!codes(await findings({ r, lora_alpha: r })).includes('rank-not-served'), String(r));
  });

  it('finds keys that PEFT does not know, and renames them or removes them with their comma', async () => {
    const text = lora({ lora_alhpa: 32, num_virtual_tokens: 4 });
    const found = (await analyse(text)).findings.filter(({ code }) => code === 'unknown-key');
    assert.deepEqual(
      found.map(({ offset, length }) => text.slice(offset, offset + length)),
      ['"lora_alhpa"', '"num_virtual_tokens"'],
    );
    assert.match(say(found[1]!.text), /is a key of .*PREFIX_TUNING.*, not of LORA/);
    const one = lora({ lora_alpha: undefined, lora_alhpa: 32 });
    assert.equal((await fixed(one, 'unknown-key', 0))['lora_alpha'], 32);
    assert.ok(!Object.hasOwn(await fixed(one, 'unknown-key', 1), 'lora_alhpa'));
    const former = only(await findings({ merge_weights: false }), 'unknown-key');
    assert.equal(former.severity, 'information');
  });

  it('does not warn of a key that only a later release can know', async () => {
    const [newer] = await findings({ peft_version: '0.22.1', brand_new_setting: 1 });
    assert.deepEqual([newer?.code, newer?.severity], ['unknown-key', 'information']);
    assert.match(
      say(newer!.text),
      /^PEFT 0\.21 has no key 'brand_new_setting'\. The file was written by PEFT 0\.22\.1\.$/,
    );
    const slip = only(await findings({ peft_version: '0.22.1', lora_droput: 0 }), 'unknown-key');
    assert.equal(slip.severity, 'warning');
    assert.equal(
      only(await findings({ peft_version: '0.21.0', brand_new_setting: 1 }), 'unknown-key').severity,
      'warning',
    );
  });

  it('finds modules to save, exclusions and patterns that match nothing', async () => {
    const saved = only(await findings({ modules_to_save: ['lm_heda', 'embed_tokens'] }), 'save-no-match');
    assert.match(say(saved.text), /Did you mean 'lm_head'/);
    assert.deepEqual((await fixed(lora({ modules_to_save: ['lm_heda'] }), 'save-no-match'))['modules_to_save'], [
      'lm_head',
    ]);
    only(await findings({ exclude_modules: ['visoin'] }), 'exclude-no-match');
    only(await findings({ rank_pattern: { q_prj: 4 } }), 'pattern-no-match');
    assert.deepEqual((await fixed(lora({ alpha_pattern: { q_prj: 4 } }), 'pattern-no-match'))['alpha_pattern'], {
      q_proj: 4,
    });
    assert.deepEqual(
      await findings({ rank_pattern: { '^model.layers.0.self_attn.q_proj': 4, 'layers\\.[12]\\..*q_proj': 2 } }),
      [],
    );
  });

  it('finds layers that the model does not have', async () => {
    const some = only(await findings({ layers_to_transform: [0, 32] }), 'layers-out-of-range');
    assert.equal(some.severity, 'warning');
    assert.match(say(some.text), /no layer 32: Llama-3-8B has layers 0-31/);
    assert.deepEqual(
      (await fixed(lora({ layers_to_transform: [0, 32] }), 'layers-out-of-range'))['layers_to_transform'],
      [0],
    );
    assert.equal(only(await findings({ layers_to_transform: 40 }), 'layers-out-of-range').severity, 'error');
  });

  it('compares the rank with the weights in the same folder', async () => {
    const folder = path.join('test/fixtures/peft_saved', 'lora_default');
    const source = await openCheckpoint(nodeFiles, path.join(folder, 'adapter_model.safetensors'));
    const weights = source.description;
    await source.close();
    const stored = weights.lora[0]!.rank;
    const config = JSON.parse(readFileSync(path.join(folder, 'adapter_config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const text = (r: number): string => JSON.stringify({ ...config, r, lora_alpha: r });
    const differs = async (r: number) =>
      codes((await analyse(text(r), { weights })).findings).includes('rank-differs-from-weights');
    assert.equal(await differs(stored), false);
    assert.equal(await differs(stored * 2), true);
    assert.equal((await fixed(text(stored * 2), 'rank-differs-from-weights', 0, { weights }))['r'], stored);
  });

  it('says that the base model is not found, and which checks that prevents', async () => {
    const { findings: found, budget } = await analyse(
      lora({ base_model_name_or_path: 'nobody/nothing', target_modules: ['x'] }),
    );
    const finding = only(found, 'base-not-found');
    assert.equal(finding.severity, 'information');
    assert.equal(finding.fixes[0]?.choosesBaseModel, true);
    assert.deepEqual([budget.modelTitle, budget.counted, codes(found)], [null, null, ['base-not-found']]);
  });

  it('says why a config cannot be counted if no other check does', async () => {
    only(await findings({ layers_to_transform: [0], target_modules: 'all-linear' }), 'uncounted');
    const xlora = JSON.stringify({ peft_type: 'XLORA', base_model_name_or_path: 'base', adapters: {} });
    assert.equal(only((await analyse(xlora)).findings, 'uncounted').severity, 'information');
    const prompt = JSON.stringify({
      peft_type: 'PROMPT_TUNING',
      base_model_name_or_path: 'base',
      num_virtual_tokens: 0,
    });
    assert.equal(only((await analyse(prompt)).findings, 'uncounted').severity, 'error');
  });

  it('is silent on files that are not PEFT configs, and reports what it can on broken text', async () => {
    for (const text of [
      '',
      '[]',
      '{}',
      '{"fine_tune_type": "lora", "num_layers": 16}',
      '{"config": {}, "model_type": "bert"}',
    ])
      assert.equal(await call('config/analyse', { ...NOWHERE, text, weights: null }), null, text);
    const broken = '{ "peft_type": "LORA", "base_model_name_or_path": "base", "r": 0, "target_modules": ["q_porj"';
    assert.deepEqual(codes((await analyse(broken)).findings).sort(), ['rank-invalid', 'target-no-match']);
  });

  it('refuses lists with more entries than any config has, and names them', async () => {
    const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `q_proj${index}`);
    for (const [key, entries, most] of [
      ['target_modules', 2001, 2000],
      ['modules_to_save', 201, 200],
    ] as const) {
      const analysis = await analyse(lora({ [key]: names(entries) }));
      const found = only(analysis.findings, 'uncounted');
      assert.match(say(found.text), new RegExp(`'${key}': got "${entries} entries", expected at most ${most} entries`));
      assert.deepEqual([analysis.budget.counted, analysis.targets], [null, null]);
    }
  });

  it('stops after a hundred findings', async () => {
    const { findings: found } = await analyse(
      lora({ target_modules: Array.from({ length: 1500 }, (_, index) => `q_porj${index}`) }),
    );
    assert.equal(found.length, 100);
  });

  it('does not take a file that is nested too deeply, too long or has too many keys for a PEFT config', async () => {
    const start = '{"peft_type":"LORA","a":';
    const keys = Array.from({ length: 1001 }, (_, index) => `"k${index}":1`).join(',');
    for (const text of [
      start + '['.repeat(500_000),
      start + '{"a":'.repeat(100_000),
      `${start}"${'x'.repeat(1 << 20)}"}`,
      `{"peft_type":"LORA",${keys}}`,
    ])
      assert.equal(await call('config/analyse', { ...NOWHERE, text, weights: null }), null);
  });

  it('takes keys that every object inherits for keys of the file', async () => {
    const text =
      '{"__proto__":{"r":0},"constructor":1,"peft_type":"LORA","rank_pattern":{"__proto__":4},"target_modules":["toString"]}';
    const analysis = await call('config/analyse', { ...NOWHERE, text, weights: null });
    assert.deepEqual(
      codes(analysis!.findings).filter((code) => code !== 'base-not-found'),
      ['unknown-key', 'unknown-key'],
    );
    assert.equal(({} as Record<string, unknown>)['r'], undefined);
  });

  it('survives every kind of value under every key, and points into the text', async () => {
    const keys = [
      'r',
      'lora_alpha',
      'target_modules',
      'exclude_modules',
      'modules_to_save',
      'layers_to_transform',
      'layers_pattern',
      'rank_pattern',
      'alpha_pattern',
      'use_rslora',
      'layer_replication',
      'task_type',
      'revision',
      'target_parameters',
      '__proto__',
    ];
    const values: unknown[] = [
      null,
      0,
      -1,
      1e308,
      '',
      'x',
      '(',
      '(a+)+$',
      [],
      [null],
      [[]],
      [1, 'a'],
      {},
      { a: 1 },
      { '(': 2 },
      true,
    ];
    for (const key of keys)
      for (const value of values) {
        const text = lora({}).replace(/\}$/, `, ${JSON.stringify(key)}: ${JSON.stringify(value)}}`);
        const { findings: found } = await analyse(text);
        for (const { offset, length, fixes } of found) {
          assert.ok(offset >= 0 && offset + length <= text.length);
          for (const { edits } of fixes)
            assert.ok(edits.every((edit) => edit.offset >= 0 && edit.offset + edit.length <= text.length));
        }
      }
  });

  it('has no finding for the configs that the real library saved, on their own models', async function () {
    // Each config has its own weights, so that ranks agree. The base models are not named. One scaling is 8.
    for (const folder of readdirSync('test/fixtures/peft_saved')) {
      const file = path.join('test/fixtures/peft_saved', folder, 'adapter_model.safetensors');
      if (!existsSync(file)) continue;
      const source = await openCheckpoint(nodeFiles, file);
      const text = readFileSync(path.join('test/fixtures/peft_saved', folder, 'adapter_config.json'), 'utf8');
      const found = await call('config/analyse', { ...NOWHERE, text, weights: host.weightsFile(source.description) });
      await source.close();
      const bad = (found?.findings ?? []).filter(
        ({ severity, code }) => severity !== 'information' && code !== 'rslora-alpha',
      );
      assert.deepEqual(
        bad.map(({ code, text: said }) => `${folder} ${code} ${say(said)}`),
        [],
      );
    }
  });
});
