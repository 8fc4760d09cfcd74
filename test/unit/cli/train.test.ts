import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { evaluateModel } from '../../../src/library';
import { readSafetensors } from '../model/readFixtures';
import { runCaptured } from './runCaptured';

const MODEL = 'test/fixtures/lab/llama-gqa';
const VOCABULARY = 48;
const CONFIGS: Readonly<Record<string, object>> = {
  'lora with patterns, a saved head and an embedding': {
    peft_type: 'LORA',
    r: 4,
    lora_alpha: 8,
    target_modules: ['q_proj', 'down_proj', 'embed_tokens'],
    rank_pattern: { down_proj: 2 },
    alpha_pattern: { q_proj: 16 },
    modules_to_save: ['lm_head'],
    init_lora_weights: 'gaussian',
  },
  'dora with rsLoRA on part of the layers': {
    peft_type: 'LORA',
    target_modules: ['v_proj', 'o_proj'],
    layers_to_transform: [1],
    use_dora: true,
    use_rslora: true,
  },
  'a prompt from the vocabulary': {
    peft_type: 'PROMPT_TUNING',
    num_virtual_tokens: 3,
    prompt_tuning_init: 'SAMPLE_VOCAB',
  },
};
const PEFT_METHODS = ['lora', 'rslora', 'dora', 'pissa', 'olora', 'ia3', 'prefix', 'prompt'];
const BOTTLENECKS = ['bottleneck', 'parallel'];

/** Prints for each adapter the loss of all lines, as transformers and PEFT compute it. */
const LOSSES_WITH_PEFT = `
import json, sys
import torch
from peft import PeftModel
from transformers import LlamaForCausalLM
model, data, *adapters = sys.argv[1:]
lines = [json.loads(line) for line in open(data)]
for adapter in adapters:
    adapted = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(model, dtype=torch.float32), adapter).eval()
    # The last virtual token of a prompt predicts the first token of the line.
    first = 0 if adapted.peft_config['default'].peft_type == 'PROMPT_TUNING' else 1
    total = targets = 0
    for line in lines:
        count = sum(label != -100 for label in line['labels'][first:])
        with torch.no_grad():
            loss = adapted(input_ids=torch.tensor([line['tokens']]), labels=torch.tensor([line['labels']])).loss
        total += loss.item() * count
        targets += count
    print(total / targets)
`;

interface Report {
  readonly losses: number[];
  readonly loss: number;
  readonly trainable: number;
  readonly files: string[];
}

describe('peft-inspector train', function () {
  this.timeout(60_000);
  let folder: string;
  let data: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-train-'));
    data = path.join(folder, 'data.jsonl');
    // Two tokens in turn: the answer is in the line, and half the lines have a first part without labels.
    const lines = Array.from({ length: 12 }, (_, i) => {
      const tokens = Array.from({ length: 6 + (i % 3) }, (__, j) => 3 + ((7 * i + 11 * (j % 2)) % (VOCABULARY - 3)));
      return { tokens, labels: i % 2 === 0 ? tokens : tokens.map((token, j) => (j < 2 ? -100 : token)) };
    });
    writeFileSync(data, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  after(() => rmSync(folder, { recursive: true }));

  const train = (output: string, ...more: string[]): ReturnType<typeof runCaptured> =>
    runCaptured(['train', '--model', MODEL, '--data', data, '--output', output, '--quiet', ...more]);

  async function trained(name: string, method: readonly string[]): Promise<Report & { readonly output: string }> {
    const output = path.join(folder, name.replaceAll(' ', '-'));
    const { status, stdout, stderr } = await train(output, ...method, '--steps', '30', '--rank', '4', '--json');
    assert.deepEqual([status, stderr], [0, undefined]);
    return { ...(JSON.parse(stdout!) as Report), output };
  }

  function argumentsOf(name: string): string[] {
    const config = CONFIGS[name];
    if (!config) return ['--method', name, '--tokens', '4', '--bottleneck', '4'];
    const file = path.join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(config));
    return ['--config', file];
  }

  for (const name of [...PEFT_METHODS, ...Object.keys(CONFIGS), ...BOTTLENECKS]) {
    it(`${name}: lowers the loss, and saves an adapter that gives the loss it reports`, async () => {
      const { losses, loss, output, files, trainable } = await trained(name, argumentsOf(name));
      assert.equal(losses.length, 30);
      assert.ok(loss < losses[0]! - 0.05, `${losses[0]} to ${loss}`);
      const weights = BOTTLENECKS.includes(name) ? 'adapter.safetensors' : 'adapter_model.safetensors';
      assert.deepEqual(files, [path.join(output, weights), path.join(output, 'adapter_config.json')]);
      const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as never;
      const adapterTensors = readSafetensors(path.join(output, weights));
      assert.equal(
        Object.values(adapterTensors).reduce((sum, { size }) => sum + size, 0),
        trainable,
      );
      let [sum, targets] = [0, 0];
      for (const line of readFileSync(data, 'utf8').trim().split('\n')) {
        const { tokens, labels } = JSON.parse(line) as { tokens: number[]; labels: number[] };
        // The last virtual token of a prompt predicts the first token of the line.
        const count = labels.slice(name.includes('prompt') ? 0 : 1).filter((label) => label !== -100).length;
        const own = evaluateModel({
          config: read(path.join(MODEL, 'config.json')),
          tensors: readSafetensors(path.join(MODEL, 'model.safetensors')),
          adapterConfig: read(path.join(output, 'adapter_config.json')),
          adapterTensors,
          tokens: [tokens],
          labels: [labels],
        }).loss;
        [sum, targets] = [sum + own * count, targets + count];
      }
      assert.ok(Math.abs(sum / targets - loss) < 1e-4, `${sum / targets}, reported ${loss}`);
    });
  }

  it('saves adapters that real PEFT loads, with the same loss', async function () {
    const python = process.env['PEFT_ORACLE_PYTHON'];
    if (python === undefined) {
      console.log('      left out: PEFT_ORACLE_PYTHON names no Python with torch, transformers and peft');
      return void this.skip();
    }
    const names = [...PEFT_METHODS, ...Object.keys(CONFIGS)];
    const reports: (Report & { readonly output: string })[] = [];
    for (const name of names) reports.push(await trained(`oracle ${name}`, argumentsOf(name)));
    const adapters = reports.map(({ output }) => output);
    const { status, stdout, stderr } = spawnSync(python, ['-c', LOSSES_WITH_PEFT, MODEL, data, ...adapters], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const losses = stdout.trim().split('\n').map(Number);
    names.forEach((name, i) => {
      console.log(`      ${name}: loss ${reports[i]!.loss.toFixed(6)}, in PEFT ${losses[i]!.toFixed(6)}`);
      assert.ok(Math.abs(losses[i]! - reports[i]!.loss) < 1e-3, name);
    });
  }).timeout(300_000);

  it('refuses a model that does not fit, in one line and before it reads a weight', async () => {
    const large = path.join(folder, 'large');
    cpSync(MODEL, large, { recursive: true });
    const config = JSON.parse(readFileSync(path.join(large, 'config.json'), 'utf8')) as object;
    writeFileSync(path.join(large, 'config.json'), JSON.stringify({ ...config, vocab_size: 2 ** 24 }));
    const { status, stderr } = await runCaptured([
      'train',
      '--model',
      large,
      '--data',
      data,
      '--output',
      large,
      '--method',
      'lora',
    ]);
    assert.equal(status, 2);
    assert.match(
      stderr!,
      /the model has 1,0\d\d,\d{3},\d{3} parameters, and at most 268,435,456 are trained in memory$/,
    );
  });

  it('refuses data that it cannot train on, and names the line', async () => {
    const file = path.join(folder, 'bad.jsonl');
    const good = '{"tokens":[1,2,3]}';
    for (const [bad, message] of [
      ['{"tokens":[1,2', /line 2 is not JSON/],
      ['[1,2]', /line 2: expected an object/],
      ['{"text":"hello"}', /line 2 holds text, and this program has no tokenizer/],
      ['{"tokens":[1,48]}', /line 2: tokens holds 48, expected token ids from 0 to 47/],
      ['{"tokens":[1,2],"labels":[1]}', /line 2: got 1 labels, expected one for each of 2 tokens/],
      ['{"tokens":[1,2],"labels":[1,-100]}', /line 2: no token after the first has a label/],
    ] as const) {
      writeFileSync(file, `${good}\n${bad}\n`);
      const { status, stderr } = await train(path.join(folder, 'none'), '--data', file, '--method', 'lora');
      assert.equal(status, 2);
      assert.match(stderr!, message);
    }
    assert.ok(!existsSync(path.join(folder, 'none')));
  });

  it('refuses wrong options and methods that cannot start', async () => {
    const output = path.join(folder, 'none');
    for (const [more, status, message] of [
      [[], 2, /expected either --method or --config, got neither/],
      [['--method', 'nope'], 2, /--method: expected one of lora, .*parallel, got 'nope'/],
      [['--method', 'lora', '--rank', '1.5'], 2, /--rank: expected a whole number/],
      [['--method', 'lora', '--dropout', '1'], 2, /--dropout: expected a number from 0 to below 1/],
      [['--method', 'lora', '--target', 'nope_proj'], 1, /nope_proj/],
    ] as const) {
      const result = await train(output, ...more);
      assert.equal(result.status, status, more.join(' '));
      assert.match(result.stderr!, message);
    }
    for (const [config, message] of [
      [{ peft_type: 'P_TUNING', num_virtual_tokens: 4 }, /train a prompt instead/],
      [{ peft_type: 'VERA', r: 4, target_modules: ['q_proj'] }, /vera_lambda|VERA/],
      [{ peft_type: 'NOPE' }, /'NOPE' is not one of PEFT/],
    ] as const) {
      const file = path.join(folder, 'config.json');
      writeFileSync(file, JSON.stringify(config));
      const result = await train(output, '--config', file);
      assert.equal(result.status, 1);
      assert.match(result.stderr!, message);
    }
    assert.ok(!existsSync(output));
  });

  it('Ctrl-C stops the training, saves nothing and exits with 130', async () => {
    const output = path.join(folder, 'stopped');
    const args = ['train', '--model', MODEL, '--data', data, '--output', output, '--method', 'lora'];
    const child = spawn(process.execPath, ['dist/cli.cjs', ...args, '--steps', '1000000000']);
    let stderr = '';
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr === '') child.kill('SIGINT');
      stderr += chunk.toString();
    });
    assert.equal(await closed, 130);
    assert.match(stderr, /^step \d+ of 1000000000: loss [\d.]+, [\d.]+ steps\/s\n/);
    assert.match(stderr, /peft-inspector train: interrupted; nothing was saved\n$/);
    assert.ok(!existsSync(output));
  });
});
