import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Cell, MatrixRef, Tile } from '../../../src/protocol/matrix';
import { fileOf, fixturePath, readFixture, tensorField } from '../checkpoint/fixtures';
import type { GoldenNumber } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';
import type { Called, Opened } from './jobContext';

interface GoldenModule {
  readonly shape: readonly [number, number];
  readonly rank: number;
  readonly scaling: number;
  readonly norm: number;
  readonly aNorm: number;
  readonly bNorm: number;
  readonly maxAbs: number;
  readonly singularValues: readonly number[];
  readonly entry: readonly [number, number, number];
  /** Two rows of 4 x 4 blocks. */
  readonly mean4: readonly number[];
  readonly maxAbs4: readonly number[];
}

interface Golden {
  readonly dtypes: Readonly<
    Record<string, { readonly values: readonly GoldenNumber[]; readonly text?: readonly string[] }>
  >;
  readonly lora: Readonly<Record<string, Readonly<Record<string, GoldenModule>>>>;
}

const golden = readFixture<Golden>('checkpoint', 'numbers.json');
const call = jobCaller();
const openSaved = (name: string): Promise<Opened> =>
  call('checkpoint/open', { path: fixturePath('peft_saved', name, 'adapter_model.safetensors') });

function assertClose(actual: number, expected: number, what: string, tolerance = 1e-9): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1e-6, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );
}

describe('jobs on a file of every dtype', () => {
  let opened: Opened;
  before(async () => {
    opened = await call('checkpoint/open', { path: fixturePath('checkpoint', 'dtypes.safetensors') });
  });
  after(() => call.closeAll());

  it('describe the file of the reference library without a problem', () => {
    const { description } = opened;
    assert.deepEqual(description.problems, []);
    assert.equal(description.title, 'checkpoint/dtypes.safetensors');
    assert.equal(description.method, null);
    assert.deepEqual(
      new Map(description.file!.metadata),
      new Map([
        ['a', '1'],
        ['b', '2'],
        ['note', 'é'],
      ]),
    );
    assert.deepEqual([...new Set(description.tensors.map(({ dtype }) => dtype))].length, 16);
  });

  it('give the values of numpy, cell by cell and tile by tile', async () => {
    for (const [name, { values, text }] of Object.entries(golden.dtypes)) {
      const info = opened.description.tensors.find((tensor) => tensor.name === name)!;
      const columns = info.shape.at(-1) ?? 1;
      if (values.length === 0 || info.shape.length > 2) continue;
      const matrix: MatrixRef = { kind: 'tensor', name };
      const tile = await call('tile/read', {
        source: opened.source,
        matrix,
        level: 0,
        tileX: 0,
        tileY: 0,
        reduction: 'mean',
      });
      assert.deepEqual(
        [...tile.values],
        values.map((value) => Math.fround(Number(value))),
        name,
      );
      for (const [i, expected] of values.entries()) {
        const cell: Cell = await call('cell/read', {
          source: opened.source,
          matrix,
          row: Math.floor(i / columns),
          column: i % columns,
        });
        assert.ok(Object.is(cell.value, Number(expected)), `${name}[${i}]: ${cell.value}, expected ${expected}`);
        assert.equal(cell.dtype, info.dtype);
        if (text) assert.equal(cell.text, text[i]);
      }
    }
  });

  it('read any slice of a 4-D tensor, and give the position of a cell in the tensor', async () => {
    const matrix: MatrixRef = { kind: 'tensor', name: 'cube', slice: [1, 2] };
    const cell = await call('cell/read', { source: opened.source, matrix, row: 3, column: 4 });
    assert.deepEqual([cell.text, cell.index], ['119', [1, 2, 3, 4]]);
    assert.deepEqual(cell.row, {
      count: 5,
      min: 115,
      max: 119,
      mean: 117,
      norm: Math.sqrt(115 ** 2 + 116 ** 2 + 117 ** 2 + 118 ** 2 + 119 ** 2),
    });
    assert.deepEqual([cell.column!.count, cell.column!.min], [4, 104]);
    const byDefault = await call('cell/read', {
      source: opened.source,
      matrix: { kind: 'tensor', name: 'cube' },
      row: 0,
      column: 1,
    });
    assert.equal(byDefault.text, '1');
  });

  it('refuse tensors and positions that do not exist with a typed error', async () => {
    const { source } = opened;
    const tile = { source, level: 0, tileX: 0, tileY: 0, reduction: 'mean' } as const;
    const refused: [Promise<unknown>, RegExp][] = [
      [call('tile/read', { ...tile, matrix: { kind: 'tensor', name: '__proto__' } }), /no tensor '__proto__'/],
      [call('tile/read', { ...tile, matrix: { kind: 'tensor', name: 'cube', slice: [2] } }), /no slice \[2\]/],
      [call('tile/read', { ...tile, matrix: { kind: 'tensor', name: 'cube', slice: [0, 0, 0] } }), /no slice/],
      [
        call('tile/read', { ...tile, tileX: 1, matrix: { kind: 'tensor', name: 'f32' } }),
        /outside the matrix of 2 x 3/,
      ],
      [call('tile/read', { ...tile, level: -1, matrix: { kind: 'tensor', name: 'f32' } }), /outside/],
      [call('tile/read', { ...tile, matrix: { kind: 'tensor', name: 'empty' } }), /outside the matrix of 2 x 0/],
      [
        call('cell/read', { source, matrix: { kind: 'tensor', name: 'f32' }, row: 2, column: 0 }),
        /entry \(2, 0\) is outside/,
      ],
      [call('cell/read', { source, matrix: { kind: 'tensor', name: 'f32' }, row: 0.5, column: 0 }), /outside/],
      [call('lora/spectrum', { source, module: 'x' }), /no LoRA module 'x'/],
      [call('tile/read', { ...tile, source: 999, matrix: { kind: 'tensor', name: 'f32' } }), /source 999 is not open/],
    ];
    for (const [result, message] of refused) await assert.rejects(result, { name: 'CheckpointError', message });
  });

  it('send each tile in its own buffer, however often it is requested', async () => {
    const called: Called = { progress: [], transferred: [] };
    const request = {
      source: opened.source,
      matrix: { kind: 'tensor', name: 'f32' },
      level: 0,
      tileX: 0,
      tileY: 0,
      reduction: 'mean',
    } as const;
    const first = await call('tile/read', request, undefined, called);
    assert.equal(called.transferred[0], first.values.buffer);
    structuredClone(first.values, { transfer: [first.values.buffer as ArrayBuffer] });
    const second = await call('tile/read', request);
    assert.equal(second.values.length, 6);
  });
});

describe('jobs on LoRA files that PEFT saved', () => {
  after(() => call.closeAll());

  for (const [name, modules] of Object.entries(golden.lora)) {
    it(`agree with numpy on ${name}: products, spectra, tiles and metrics`, async () => {
      const { source, description } = await openSaved(name);
      const metrics = await call('lora/metrics', { source });
      assert.deepEqual(metrics.failures, []);
      for (const [i, info] of description.lora.entries()) {
        const { module } = info;
        const expected = modules[module]!;
        assert.deepEqual([info.outFeatures, info.inFeatures, info.rank], [...expected.shape, expected.rank]);
        assertClose(info.scaling, expected.scaling, `${module} scaling`);
        const [row, column, value] = expected.entry;
        const products = await call('lora/products', { source, module, row, column });
        assertClose(products.sum, value, `${module} entry`);
        assert.equal(
          products.sum,
          products.products.reduce((sum, product) => sum + product, 0),
        );
        const matrix: MatrixRef = { kind: 'delta', module };
        const cell = await call('cell/read', { source, matrix, row, column });
        assert.equal(cell.value, products.sum);
        assert.equal(cell.dtype, 'computed');
        const spectrum = await call('lora/spectrum', { source, module });
        spectrum.singularValues.forEach((s, k) =>
          assertClose(s, expected.singularValues[k]!, `${module} singular value ${k}`, 1e-6),
        );
        assertClose(metrics.deltaNorm[i]!, expected.norm, `${module} norm`);
        assertClose(metrics.aNorm[i]!, expected.aNorm, `${module} norm of A`);
        assertClose(metrics.bNorm[i]!, expected.bNorm, `${module} norm of B`);
        assertClose(metrics.maxAbs[i]!, expected.maxAbs, `${module} largest entry`);
        for (const [reduction, cells] of [
          ['mean', expected.mean4],
          ['maxAbs', expected.maxAbs4],
        ] as const) {
          const tile: Tile = await call('tile/read', { source, matrix, level: 2, tileX: 0, tileY: 0, reduction });
          const width = Math.ceil(expected.shape[1] / 4);
          assert.equal(tile.width, Math.min(256, width));
          cells.forEach((cellValue, c) =>
            assertClose(tile.values[c]!, cellValue, `${module} ${reduction} cell ${c}`, 1e-5),
          );
        }
      }
    });
  }

  it('read reshaped factors as the product takes them, and give positions in the stored tensor', async () => {
    const { source } = await openSaved('conv_lora');
    const matrix: MatrixRef = { kind: 'factor', module: 'conv', part: 'a' };
    const tile = await call('tile/read', { source, matrix, level: 0, tileX: 0, tileY: 0, reduction: 'maxAbs' });
    assert.deepEqual([tile.width, tile.height], [72, 4]);
    const cell = await call('cell/read', { source, matrix, row: 3, column: 71 });
    assert.deepEqual(cell.index, [3, 7, 2, 2]);
    assert.equal(Math.fround(cell.value), tile.values.at(-1));
  });

  it('separate a prefix by layer, keys and values', async () => {
    const { source } = await openSaved('gpt2_prefix');
    const whole = await call('tile/read', {
      source,
      matrix: { kind: 'tensor', name: 'prompt_embeddings' },
      level: 0,
      tileX: 0,
      tileY: 0,
      reduction: 'mean',
    });
    for (const [layer, part, offset] of [
      [0, 'key', 0],
      [0, 'value', 48],
      [1, 'key', 96],
      [1, 'value', 144],
    ] as const) {
      const matrix: MatrixRef = { kind: 'prefix', module: 'prompt_embeddings', layer, part };
      const tile = await call('tile/read', { source, matrix, level: 0, tileX: 0, tileY: 0, reduction: 'mean' });
      assert.deepEqual([tile.width, tile.height], [48, 5]);
      const expected = Array.from({ length: 5 }, (_, row) => [
        ...whole.values.subarray(row * 192 + offset, row * 192 + offset + 48),
      ]).flat();
      assert.deepEqual([...tile.values], expected);
      const cell = await call('cell/read', { source, matrix, row: 2, column: 3 });
      assert.deepEqual(cell.index, [2, offset + 3]);
    }
    const missing = { kind: 'prefix', module: 'prompt_embeddings', layer: 2, part: 'key' } as const;
    await assert.rejects(call('matrix/statistics', { source, matrix: missing }), /no key prefix of layer 2/);
  });
});

describe('jobs on damaged files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
  });
  after(async () => {
    await call.closeAll();
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, bytes: Uint8Array): string => {
    const file = path.join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };

  it('say that an adapter without tensors has nothing saved', async () => {
    const file = path.join(folder, 'adapter_model.safetensors');
    const header = Buffer.from('{}      ');
    writeFileSync(file, Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer), header]));
    const plain = await call('checkpoint/open', { path: file });
    assert.deepEqual(plain.description.problems, []);
    writeFileSync(
      path.join(folder, 'adapter_config.json'),
      '{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj"]}',
    );
    const { description } = await call('checkpoint/open', { path: file });
    assert.match(description.problems[0]?.message ?? '', /holds no tensors/);
    rmSync(path.join(folder, 'adapter_config.json'));
  });

  it('open a truncated file and read the complete tensors', async () => {
    const bytes = readFileSync(fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'));
    const file = write('cut.safetensors', bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { source, description } = await call('checkpoint/open', { path: file });
    assert.equal(description.problems[0]!.severity, 'error');
    const whole = description.lora.filter(({ unavailable }) => unavailable === undefined);
    assert.ok(whole.length > 0 && whole.length < 6);
    const metrics = await call('lora/metrics', { source });
    assert.equal(metrics.failures.length, 6 - whole.length);
    assert.ok(metrics.failures.every(({ module }) => Number.isNaN(metrics.deltaNorm[module])));
    const damaged = description.tensors.find(({ readable }) => !readable)!;
    await assert.rejects(
      call('matrix/statistics', { source, matrix: { kind: 'tensor', name: damaged.name } }),
      /missing or damaged/,
    );
  });

  it('say that a file became shorter after it was opened', async () => {
    const file = write('shrinks.safetensors', fileOf({ x: tensorField('F32', [64, 64], 0, 16384) }, 16384));
    const { source } = await call('checkpoint/open', { path: file });
    truncateSync(file, 1000);
    await assert.rejects(call('matrix/statistics', { source, matrix: { kind: 'tensor', name: 'x' } }), {
      code: 'Changed',
    });
    await call('source/close', { source });
    await assert.rejects(call('source/close', { source }), /is not open/);
  });

  it('give the reason if a file cannot be opened', async () => {
    const cases: [string, RegExp][] = [
      [path.join(folder, 'missing.safetensors'), /no such file/],
      [folder, /is not a file/],
      [write('empty.safetensors', new Uint8Array(0)), /empty/],
      [
        write('pointer.safetensors', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\nsize 12\n')),
        /git lfs pull/,
      ],
    ];
    for (const [file, message] of cases)
      await assert.rejects(call('checkpoint/open', { path: file }), { name: 'CheckpointError', message });
  });

  it('read the config in the folder of an adapter, but not for a base model in the same folder', async () => {
    const bytes = fileOf({ 'x.weight': tensorField('F32', [2], 0, 8) }, 8);
    writeFileSync(path.join(folder, 'adapter_config.json'), '{"peft_type":"LORA","r":4}');
    const base = await call('checkpoint/open', { path: write('model-00001-of-00002.safetensors', bytes) });
    assert.equal(base.description.method, null);
    const adapter = await call('checkpoint/open', { path: write('adapter_model.safetensors', bytes) });
    assert.equal(adapter.description.method, 'LORA');
    assert.equal(adapter.description.title, `${path.basename(folder)}/adapter_model.safetensors`);
  });
});
