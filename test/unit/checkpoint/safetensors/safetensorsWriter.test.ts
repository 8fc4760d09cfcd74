import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { adapterConfigJson } from '../../../../src/checkpoint/adapters/adapterConfigJson';
import type { ConfigObject } from '../../../../src/checkpoint/adapters/adapterConfigJson';
import { memorySource } from '../../../../src/checkpoint/byteSource';
import { byCodePoint } from '../../../../src/checkpoint/codePointOrder';
import type { Dtype } from '../../../../src/checkpoint/dtypes';
import { loraAdapter } from '../../../../src/checkpoint/adapters/loraAdapter';
import { openSafetensors } from '../../../../src/checkpoint/safetensors/openSafetensors';
import { assertValid } from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import {
  encodeSafetensors,
  planSafetensors,
  writeSafetensors,
} from '../../../../src/checkpoint/safetensors/safetensorsWriter';
import type { TensorData } from '../../../../src/checkpoint/safetensors/safetensorsWriter';
import { jobCaller } from '../../worker/jobContext';
import { SHARED, fixturePath } from '../fixtures';

/** Reads a file into the writer's input, in another order than the file's. */
async function parsed(
  file: string,
): Promise<{ tensors: TensorData[]; metadata: readonly (readonly [string, string])[] }> {
  const bytes = new Uint8Array(readFileSync(file));
  const header = await openSafetensors(memorySource(bytes));
  const tensors = header.tensors.map(({ name, dtype, shape, begin, end }) => {
    return {
      name,
      dtype: dtype as Dtype,
      shape,
      data: bytes.subarray(header.dataStart + begin, header.dataStart + end),
    };
  });
  return { tensors: tensors.reverse(), metadata: header.metadata };
}

async function assertRewrites(folder: string): Promise<void> {
  const file = path.join(folder, 'adapter_model.safetensors');
  const { tensors, metadata } = await parsed(file);
  const original = readFileSync(file);
  assert.ok(original.equals(encodeSafetensors(tensors, metadata)), `${file}: in memory`);
  const pieces: Uint8Array[] = [];
  await writeSafetensors(tensors, async (bytes) => void pieces.push(bytes.slice()), metadata);
  assert.ok(original.equals(Buffer.concat(pieces)), `${file}: piece by piece`);
  const config = readFileSync(path.join(folder, 'adapter_config.json'), 'utf8');
  const shuffled = Object.fromEntries(Object.entries(JSON.parse(config) as ConfigObject).reverse());
  assert.equal(adapterConfigJson(shuffled), config, folder);
}

describe('the safetensors writer', () => {
  const fixtures = fixturePath('peft_saved');
  for (const name of readdirSync(fixtures)) {
    it(`writes the weights and config of ${name} exactly as PEFT did, byte for byte`, () =>
      assertRewrites(path.join(fixtures, name)));
  }

  it('writes every shared adapter that PEFT saved, byte for byte', async function () {
    const saved = path.join(SHARED, 'peft_saved');
    if (!existsSync(saved)) return void (console.log(`      left out: ${saved} is not there`), this.skip());
    for (const name of readdirSync(saved)) await assertRewrites(path.join(saved, name));
  });

  it('writes every dtype in the order of the reference library', async () => {
    const file = fixturePath('checkpoint', 'dtypes.safetensors');
    const { tensors, metadata } = await parsed(file);
    assert.ok(readFileSync(file).equals(encodeSafetensors(tensors, metadata)));
  });

  it('writes files that its own reader accepts, with empty and scalar tensors and unusual names', async () => {
    const names = ['', '__proto__', 'a"\\\n\u0001', 'é', '\uffff', '\u{10000}', 'constructor'];
    const tensors = names.map((name, i): TensorData => {
      return i % 2
        ? { name, dtype: 'BF16', shape: [], data: new Uint8Array(2) }
        : { name, dtype: 'U8', shape: [3, 0], data: new Uint8Array() };
    });
    for (const metadata of [
      null,
      [],
      [
        ['format', 'pt'],
        ['ключ', '"'],
      ],
    ] as const) {
      const bytes = encodeSafetensors(tensors, metadata);
      const header = await openSafetensors(memorySource(bytes));
      assertValid(header);
      assert.deepEqual(header.metadata, metadata ?? []);
      assert.deepEqual(new Set(header.tensors.map(({ name }) => name)), new Set(names));
      assert.equal(header.dataStart % 8, 0);
    }
  });

  it('sorts names by code point, as Rust and Python do', () => {
    const sorted = [
      '',
      'a',
      'a.',
      'a.b',
      'aa',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10000}a',
      '\u{10ffff}',
    ];
    assert.deepEqual([...sorted].reverse().sort(byCodePoint), sorted);
    const bytes = (name: string): Buffer => Buffer.from(name);
    for (const a of sorted) {
      for (const b of sorted)
        assert.equal(Math.sign(byCodePoint(a, b)), Buffer.compare(bytes(a), bytes(b)), `${a} ${b}`);
    }
  });

  it('refuses input that the format cannot hold', () => {
    const tensor = { name: 'x', dtype: 'F32', shape: [2], data: new Float32Array(2) } as const;
    const refused: [readonly TensorData[], string][] = [
      [[tensor, tensor], 'DuplicateKey'],
      [[{ ...tensor, name: '__metadata__' }], 'InvalidHeader'],
      [[{ ...tensor, name: '\ud800' }], 'InvalidHeader'],
      [[{ ...tensor, data: new Float32Array(3) }], 'TensorInvalidInfo'],
      [[{ ...tensor, dtype: 'F31' as Dtype }], 'TensorInvalidInfo'],
      [[{ ...tensor, dtype: 'toString' as Dtype }], 'TensorInvalidInfo'],
      [[{ ...tensor, shape: [-2] }], 'ValidationOverflow'],
      [[{ ...tensor, shape: [0.5] }], 'ValidationOverflow'],
      [[{ ...tensor, shape: [2 ** 30, 2 ** 30] }], 'ValidationOverflow'],
      [[{ ...tensor, dtype: 'F4', shape: [3] }], 'MisalignedSlice'],
    ];
    for (const [tensors, code] of refused)
      assert.throws(() => encodeSafetensors(tensors), { name: 'CheckpointError', code });
    const many = { length: 110 };
    const long = Array.from(many, (_, i) => ({ name: `${i}${'x'.repeat(1e6)}`, dtype: 'U8', shape: [0] }) as const);
    assert.throws(() => planSafetensors(long), { code: 'HeaderTooLarge' });
  });
});

describe('adapter_config.json', () => {
  it('holds floats as Python prints them', () => {
    // The expected texts are repr() of CPython 3.
    for (const [value, text] of [
      [0, '0.0'],
      [-0, '-0.0'],
      [1, '1.0'],
      [-1.5, '-1.5'],
      [0.1, '0.1'],
      [1e-4, '0.0001'],
      [1e-5, '1e-05'],
      [9.999e-5, '9.999e-05'],
      [1.5e-7, '1.5e-07'],
      [123456789, '123456789.0'],
      [1e15, '1000000000000000.0'],
      [1e16, '1e+16'],
      [1.2345678901234567e16, '1.2345678901234568e+16'],
      [9007199254740992, '9007199254740992.0'],
      [1e100, '1e+100'],
      [5e-324, '5e-324'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
      [-3e-9, '-3e-09'],
    ] as const) {
      assert.equal(adapterConfigJson({ lora_dropout: value }), `{\n  "lora_dropout": ${text}\n}`);
    }
    assert.equal(adapterConfigJson({ r: 8, other: 0.5 }), '{\n  "other": 0.5,\n  "r": 8\n}');
    assert.equal(adapterConfigJson({ seed: 2n ** 64n }), '{\n  "seed": 18446744073709551616\n}');
    for (const value of [NaN, Infinity]) assert.throws(() => adapterConfigJson({ r: value }), { code: 'Unwritable' });
  });

  it('is escaped like json.dumps, sorted at every depth and without undefined values', () => {
    assert.equal(
      adapterConfigJson({ b: { é: [], a: {} }, a: 'ü\u2028\u007f\u001f\t"\\/😀', c: undefined, d: [1, [true, null]] }),
      '{\n  "a": "\\u00fc\\u2028\\u007f\\u001f\\t\\"\\\\/\\ud83d\\ude00",\n  "b": {\n    "a": {},\n    "\\u00e9": []\n  },\n' +
        '  "d": [\n    1,\n    [\n      true,\n      null\n    ]\n  ]\n}',
    );
    assert.equal(adapterConfigJson({}), '{}');
    const endless: Record<string, unknown> = {};
    endless['self'] = endless;
    assert.throws(() => adapterConfigJson(endless as ConfigObject), { code: 'Unwritable' });
  });

  it('is the one that PEFT writes for a LoRA adapter with the same settings', () => {
    const saved = readFileSync(fixturePath('peft_saved', 'lora_rslora', 'adapter_config.json'), 'utf8');
    const { r, lora_alpha, target_modules, task_type } = JSON.parse(saved) as {
      r: number;
      lora_alpha: number;
      target_modules: string[];
      task_type: string;
    };
    const { config } = loraAdapter({
      rank: r,
      alpha: lora_alpha,
      modules: [],
      targetModules: target_modules,
      taskType: task_type,
      useRslora: true,
    });
    assert.equal(adapterConfigJson(config), saved);
  });
});

/** Loads the adapter onto a layer of its size and prints the largest difference of its output from W x + s B A x. */
const LOAD_WITH_PEFT = `
import sys, torch, peft, safetensors.torch
from collections import OrderedDict
folder = sys.argv[1]
tensors = safetensors.torch.load_file(folder + '/adapter_model.safetensors')
a, b = (tensors['base_model.model.linear.lora_%s.weight' % x] for x in 'AB')
base = torch.nn.Sequential(OrderedDict(linear=torch.nn.Linear(a.shape[1], b.shape[0], bias=False)))
w = base.linear.weight.detach().clone()
model = peft.PeftModel.from_pretrained(base, folder)
x = torch.randn(5, a.shape[1])
config = model.peft_config['default']
expected = x @ w.T + config.lora_alpha / config.r * (x @ a.T @ b.T)
print('difference', float((model(x) - expected).abs().max()), 'norm of B', float(b.norm()))
`;

describe('the demo, saved as an adapter', () => {
  const call = jobCaller();
  let folder: string;
  before(async () => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'peft-inspector-')), 'new', 'demo-lora');
    const { source } = await call('demo/run', { seed: 42, trainingSteps: 20 });
    const written = await call('adapter/write', { source, folder });
    assert.deepEqual(
      written,
      ['adapter_model.safetensors', 'adapter_config.json'].map((name) => path.join(folder, name)),
    );
    await call('source/close', { source });
  });
  after(async () => {
    await call.closeAll();
    rmSync(path.join(folder, '..', '..'), { recursive: true });
  });

  it('consists of two files and opens as one trained LoRA module', async () => {
    assert.deepEqual(readdirSync(folder).sort(), ['adapter_config.json', 'adapter_model.safetensors']);
    const { source, description } = await call('checkpoint/open', {
      path: path.join(folder, 'adapter_model.safetensors'),
    });
    assert.deepEqual(description.problems, []);
    assert.deepEqual(
      description.lora.map(({ module, rank, inFeatures, outFeatures }) => [module, rank, inFeatures, outFeatures]),
      [['linear', 8, 256, 256]],
    );
    const metrics = await call('lora/metrics', { source });
    assert.ok(metrics.deltaNorm[0]! > 0.01);
    await assert.rejects(call('adapter/write', { source, folder }), { code: 'NotFound', message: /no adapter/ });
  });

  it('loads in PEFT, and adds scaling * B * A to the layer', function () {
    const python = process.env['PEFT_ORACLE_PYTHON'];
    if (python === undefined) {
      console.log('      left out: PEFT_ORACLE_PYTHON names no Python with torch and peft');
      return void this.skip();
    }
    const { status, stdout, stderr } = spawnSync(python, ['-c', LOAD_WITH_PEFT, folder], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [, difference, norm] = /difference (\S+) norm of B (\S+)/.exec(stdout)!;
    assert.ok(Number(difference) < 1e-5 && Number(norm) > 0.01, stdout);
  }).timeout(120_000);
});
