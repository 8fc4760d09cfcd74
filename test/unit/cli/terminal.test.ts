import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { print } from '../../../src/cli/terminal';
import { fileOf, tensorField } from '../checkpoint/fixtures';
import { captured, runCaptured } from './runCaptured';

/** ESC, BEL, a C1 control, a right-to-left override, a zero-width space, a line separator, a tag and a lone surrogate. */
const HOSTILE = '\u001b[31m\u0007\u009b2J\u202egnp.\u200b\u2028\u{e0041}\ud800';
const ACTED_ON = /[^\n\P{C}]|[\u2028\u2029]/u;

describe('what the command line writes', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('is written in one file, which no other file of src/cli goes around', () => {
    const files = readdirSync('src/cli', { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && name !== 'terminal.ts',
    );
    const writing = files.filter((name) =>
      /process\s*\.\s*(stdout|stderr)|\bconsole\b|process\s*\[|\{[^}]*\b(stdout|stderr)\b[^}]*\}\s*=\s*process|node:(console|tty)|\b(write|writeSync)\([12],/.test(
        readFileSync(path.join('src/cli', name), 'utf8'),
      ),
    );
    assert.deepEqual(writing, [], 'print through src/cli/terminal.ts');
  });

  it('has one line for each line of a command, whatever its names hold', async () => {
    assert.equal(
      await captured({ lines: [`name: ${HOSTILE}`, 'a\nb'] }),
      'name: \\u{1b}[31m\\u{7}\\u{9b}2J\\u{202e}gnp.\\u{200b}\\u{2028}\\u{e0041}\\u{d800}\na\\u{a}b',
    );
  });

  it('has lines of a limited length', async () => {
    assert.ok((await captured({ lines: ['x'.repeat(1e6)] }))!.length < 10_000);
  });

  it('is, as JSON, what JSON.stringify gives, with escapes for all that a terminal acts on', async () => {
    const values = [
      {
        a: [1, { b: [], c: {}, d: undefined, e: null }],
        [HOSTILE]: [[HOSTILE]],
        f: 'two\nlines',
        g: NaN,
        h: [undefined],
      },
      [],
      {},
      'text',
      3,
    ];
    for (const value of values) {
      const text = (await captured({ json: value }))!;
      assert.doesNotMatch(text, ACTED_ON);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      if (!text.includes('u202e')) assert.equal(text, JSON.stringify(value, null, 2));
    }
  });

  it('is written piece by piece, each after the one before', async () => {
    const lengths: number[] = [];
    let writing = 0;
    const stream = {
      write(text: string, done: () => void) {
        assert.equal(++writing, 1);
        lengths.push(text.length);
        setImmediate(() => {
          writing--;
          done();
        });
      },
    };
    const tensors = Array.from({ length: 20_000 }, (_, i) => ({ name: `tensor ${i}`, shape: [i] }));
    await print(stream, { json: { tensors } });
    assert.ok(lengths.length > 10 && Math.max(...lengths) < 200_000, String(lengths.length));
  });

  it('ends with the first piece that cannot be written', async () => {
    let pieces = 0;
    const stream = { write: (_: string, done: (error: Error) => void) => (pieces++, done(new Error('closed'))) };
    await assert.rejects(print(stream, { lines: Array.from({ length: 20_000 }, () => 'a line') }), /closed/);
    assert.equal(pieces, 1);
  });

  it('is harmless for hostile paths, arguments, configs, names and metadata, in every command', async () => {
    const hostile = path.join(folder, 'dir\u001b[2J\u202e');
    mkdirSync(hostile);
    const adapter = path.join(hostile, 'adapter_model.safetensors');
    const header = {
      __metadata__: { [HOSTILE]: HOSTILE },
      'base_model.model.a\u001b\u202e.lora_A.weight': tensorField('F32', [1, 1], 0, 4),
      'base_model.model.a\u001b\u202e.lora_B.weight': tensorField('F32', [1, 1], 4, 8),
      'odd\u009b': tensorField('F3\u0007', [1], 8, 12),
    };
    writeFileSync(adapter, Buffer.concat([fileOf(header), Buffer.alloc(12)]));
    const config = {
      peft_type: 'LORA',
      base_model_name_or_path: HOSTILE,
      target_modules: ['q_proj', HOSTILE],
      [HOSTILE]: 1,
      rank_pattern: { '(\u001b': 4 },
    };
    const configFile = path.join(hostile, 'adapter_config.json');
    writeFileSync(configFile, JSON.stringify(config));
    const modelFile = path.join(hostile, 'config.json');
    writeFileSync(modelFile, JSON.stringify({ model_type: `llama${HOSTILE}`, architectures: [HOSTILE] }));
    const missing = path.join(hostile, 'missing\u001b\u202e');
    const calls = [
      [HOSTILE],
      ['demo', `--seed=${HOSTILE}`],
      ['inspect', `--${HOSTILE}`],
      ...['inspect', 'check'].flatMap((command) => [
        [command, adapter],
        [command, adapter, '--json'],
        [command, missing],
        [command, hostile],
      ]),
      ...['budget', 'memory'].flatMap((command) => [
        [command, '--model', 'llama-3-8b', '--adapter', configFile],
        [command, '--model', 'llama-3-8b', '--adapter', configFile, '--json'],
        [command, '--model', modelFile, '--adapter', configFile],
        [command, '--model', missing, '--adapter', configFile],
        [command, `--model=${HOSTILE}`, '--adapter', missing],
        [command, HOSTILE],
      ]),
      ['memory', '--model', 'gpt2', '--full', `--gpu=${HOSTILE}`],
      ['budget', '--model', 'gpt2', '--adapter', configFile, '--weights', missing],
    ];
    for (const args of calls) {
      const { stdout = '', stderr = '' } = await runCaptured(args);
      assert.ok(stdout + stderr !== '', JSON.stringify(args));
      assert.doesNotMatch(stdout + stderr, ACTED_ON, JSON.stringify(args));
    }
  });

  it('ends quietly when its reader goes away', async () => {
    const file = path.join(folder, 'many.safetensors');
    const names = Array.from({ length: 20_000 }, (_, i) => [`tensor.${i}`, tensorField('F32', [0], 0, 0)]);
    writeFileSync(file, fileOf(Object.fromEntries(names)));
    const running = spawn(process.execPath, ['dist/cli.cjs', 'inspect', file, '--json']);
    running.stdout.once('data', () => running.stdout.destroy());
    let complaint = '';
    running.stderr.on('data', (text: Buffer) => (complaint += String(text)));
    const status = await new Promise((resolve) => running.on('close', resolve));
    assert.deepEqual([status, complaint], [0, '']);
  });
});
