import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { outputFailure } from '../../../src/cli/run';
import { runCaptured } from './runCaptured';

describe('peft-inspector', () => {
  it("demo prints the reference document's demo to stdout", async () => {
    const { status, stdout, stderr } = await runCaptured(['demo']);
    const expected = readFileSync('test/fixtures/golden/demo.txt', 'utf8').trimEnd();
    assert.deepEqual([status, stderr, stdout?.replace(/ +/g, ' ')], [0, undefined, expected]);
  });

  it('demo accepts a seed and refuses one that is not a number', async () => {
    assert.equal((await runCaptured(['demo', '--seed', '7'])).status, 0);
    for (const seed of ['x', '', 'NaN', 'Infinity']) {
      const { status, stdout, stderr } = await runCaptured(['demo', `--seed=${seed}`]);
      assert.deepEqual([status, stdout], [2, undefined]);
      assert.match(stderr!, /--seed: expected a number/);
    }
  });

  it('prints the usage to stderr and exits with 2 for a wrong call', async () => {
    for (const args of [[], ['nope'], ['--nope'], ['demo', '--nope'], ['demo', 'extra'], ['toString']]) {
      const { status, stdout, stderr } = await runCaptured(args);
      assert.deepEqual([status, stdout], [2, undefined], args.join(' '));
      assert.match(stderr!, /usage: peft-inspector/);
      assert.doesNotMatch(stderr!, /\n\s+at /, 'no stack trace');
    }
  });

  it('reports in one line that the output cannot be written, and stays silent if the reader closed the pipe', () => {
    const error = (code: string): NodeJS.ErrnoException =>
      Object.assign(new Error(`${code}: no space left on device, write`), { code });
    assert.equal(outputFailure(error('EPIPE')), null);
    assert.match(
      outputFailure(error('ENOSPC'))!.join('\n'),
      /^peft-inspector: the output cannot be written: ENOSPC[^\n]*$/,
    );
  });

  it('prints its help to stdout on request', async () => {
    for (const args of [['--help'], ['-h'], ['help'], ['demo', '--help']]) {
      const { status, stdout } = await runCaptured(args);
      assert.equal(status, 0);
      assert.match(stdout!, /usage: peft-inspector/);
    }
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.deepEqual(await runCaptured(['--version']), { status: 0, stdout: version, stderr: undefined });
  });

  const LORA = 'test/fixtures/peft_saved/lora_default/adapter_config.json';

  it('budget prints the counts that PEFT prints, the file, the modules and the warnings', async () => {
    const { status, stdout } = await runCaptured(['budget', '--model', 'llama-2-7b', '--adapter', LORA]);
    assert.equal(status, 0);
    assert.match(stdout!, /trainable params: 4,194,304 \|\| all params: 6,742,609,920 \|\| trainable%: 0\.0622/);
    assert.match(stdout!, /model\.layers\.31\.self_attn\.v_proj +r=8 +65,536/);
  });

  it('budget prints the same counts as JSON', async () => {
    const { stdout } = await runCaptured([
      'budget',
      '--model',
      'meta-llama/Llama-2-7b-hf',
      '--adapter',
      LORA,
      '--json',
    ]);
    const budget = JSON.parse(stdout!) as Record<string, unknown>;
    assert.deepEqual(Object.keys(budget), ['trainable', 'all', 'percent', 'fileBytes', 'modules', 'warnings', 'model']);
    assert.deepEqual(budget['model'], { title: 'Llama-2-7B', standsInFor: null });
    assert.deepEqual([budget['trainable'], budget['all']], [4_194_304, 6_742_609_920]);
  });

  it('budget explains what it cannot read or count, and prints its usage', async () => {
    const missing = await runCaptured(['budget', '--model', 'llama-2-7b']);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr!, /--adapter is missing/);
    for (const [model, expected] of [
      ['nope.json', /there is no such file/],
      ['README.md', /(is not JSON|no such file)/],
      ['test', /directory/],
      [LORA, /config key 'hidden_size'/],
    ] as const) {
      const { status, stderr } = await runCaptured(['budget', '--model', model, '--adapter', LORA]);
      assert.equal(status, 1, model);
      assert.match(stderr!, expected);
      assert.doesNotMatch(stderr!, /\n\s+at /);
    }
  });

  it('budget counts on a known model by its Hub id or name, and says what it stands in for', async () => {
    const on = (model: string, ...more: string[]) =>
      runCaptured(['budget', '--model', model, '--adapter', LORA, ...more]);
    for (const name of ['Qwen/Qwen3-4B', 'qwen3-4b', 'unsloth/Qwen3-4B-unsloth-bnb-4bit'])
      assert.match((await on(name)).stdout!, /all params: 4,025,417,216 \|\| trainable%: 0\.0733\n/, name);
    const standIn = await on('me/Qwen3-4B');
    assert.match(standIn.stdout!, /trainable%: 0\.0733 \|\| on Qwen3-4B, standing in for me\/Qwen3-4B\n/);
    const { model } = JSON.parse((await on('me/Qwen3-4B', '--json')).stdout!) as { model: unknown };
    assert.deepEqual(model, { title: 'Qwen3-4B', standsInFor: 'me/Qwen3-4B' });
    const memory = await runCaptured(['memory', '--model', 'me/Qwen3-4B', '--adapter', LORA, '--gpu', '24GB']);
    assert.match(memory.stdout!, /^Total .* \|\| on Qwen3-4B, standing in for me\/Qwen3-4B$/m);
    assert.match(memory.stdout!, /^fits in .* \|\| on Qwen3-4B, standing in for me\/Qwen3-4B$/m);
  });

  it('budget suggests known models for a name that it does not know', async () => {
    const { status, stderr } = await runCaptured(['budget', '--model', 'Qwen/Qwen3-4B-mine', '--adapter', LORA]);
    assert.equal(status, 2);
    assert.match(stderr!, /neither a config\.json nor the name of a known model; similar are Qwen\/Qwen3-4B, /);
  });

  it('budget reads the config.json of a folder', async () => {
    const folder = 'sample-workspace/EleutherAI/gpt-neo-125M';
    const { stdout } = await runCaptured(['budget', '--model', folder, '--adapter', LORA]);
    assert.match(stdout!, /all params: 125,493,504/);
  });

  it('budget takes the modules from a checkpoint on request', async () => {
    const weights = 'test/fixtures/checkpoint/dtypes.safetensors';
    const { status, stderr } = await runCaptured([
      'budget',
      '--model',
      'gpt2',
      '--adapter',
      LORA,
      '--weights',
      weights,
    ]);
    assert.equal(status, 1);
    assert.match(stderr!, /match no module/);
  });
});
