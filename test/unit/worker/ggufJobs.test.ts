import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { MatrixRef } from '../../../src/protocol/matrix';
import { fixturePath, readFixture } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';
import type { Opened } from './jobContext';

interface Golden {
  readonly tensors: Readonly<Record<string, { readonly shape: readonly [number, number]; readonly values: string }>>;
  readonly lora: Readonly<
    Record<string, { readonly shape: readonly [number, number]; readonly norm: number; readonly values: string }>
  >;
}

const golden = readFixture<Golden>('gguf', 'expected.json');
const call = jobCaller();

function floats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

describe('jobs on a GGUF file', () => {
  let opened: Opened;
  before(async () => {
    opened = await call('checkpoint/open', { path: fixturePath('gguf', 'types.gguf') });
  });
  after(() => call.closeAll());
  const tensor = (name: string): MatrixRef => ({ kind: 'tensor', name });
  const tile = (name: string, tileX = 0) =>
    call('tile/read', { source: opened.source, matrix: tensor(name), level: 0, tileX, tileY: 0, reduction: 'mean' });

  it('describe its format, metadata and tensors', () => {
    const { description } = opened;
    assert.equal(description.file!.format, 'GGUF v3');
    assert.deepEqual(description.problems, []);
    assert.equal(description.title, 'gguf/types.gguf');
    assert.deepEqual(description.tensors.find(({ name }) => name === 'experts')!.shape, [2, 3, 4]);
  });

  for (const [name, { shape, values }] of Object.entries(golden.tensors)) {
    it(`decode ${name} bit by bit as ggml does: in tiles, cells, parts of rows and statistics`, async () => {
      const expected = floats(values);
      const [, columns] = shape;
      const { values: got } = await tile(name);
      assert.ok(columns <= 256);
      assert.ok(got.every((value, i) => Object.is(value, expected[i])) && got.length === expected.length);
      for (const at of [0, 1, 17, columns - 1, columns, expected.length - 1].filter((i) => i < expected.length)) {
        const place = { row: Math.floor(at / columns), column: at % columns };
        const cell = await call('cell/read', { source: opened.source, matrix: tensor(name), ...place });
        assert.ok(Object.is(cell.value, expected[at]), `${name}[${at}]: ${cell.value}`);
        assert.equal(Math.fround(Number(cell.text)), expected[at]);
        assert.deepEqual([cell.dtype, cell.index], [name, [place.row, place.column]]);
      }
      const statistics = await call('matrix/statistics', { source: opened.source, matrix: tensor(name) });
      const squares = expected.reduce((sum, value) => sum + value * value, 0);
      assert.ok(Math.abs(statistics.norm / Math.sqrt(squares) - 1) < 1e-6);
      assert.equal(
        statistics.max,
        expected.reduce((max, value) => Math.max(max, value), -Infinity),
      );
    });
  }

  it('give plain types their exact values', async () => {
    const cells: [string, number, number, string][] = [
      ['f32', 0, 1, '-0'],
      ['f32', 0, 2, 'NaN'],
      ['f32', 1, 1, '1e-45'],
      ['f16', 0, 0, '0.1'],
      ['f64', 0, 1, '-1e+300'],
      ['i64', 0, 0, '-9223372036854775808'],
      ['i64', 0, 1, '9007199254740993'],
      ['bf16', 0, 1, '-123.5'],
    ];
    for (const [name, row, column, text] of cells) {
      const cell = await call('cell/read', { source: opened.source, matrix: tensor(name), row, column });
      assert.equal(cell.text, text, name);
    }
    assert.ok(Number.isNaN((await tile('bf16')).values[2]));
  });

  it('list a type that cannot be decoded, and refuse to read its values', async () => {
    const listed = opened.description.tensors.find(({ name }) => name === 'listed')!;
    assert.deepEqual([listed.dtype, listed.bytes, listed.readable], ['IQ2_XXS', 132, true]);
    assert.match(listed.undecoded!, /'IQ2_XXS' are not decoded/);
    assert.equal(opened.description.tensors.filter(({ undecoded }) => undecoded !== undefined).length, 1);
    await assert.rejects(tile('listed'), { code: 'Unreadable', message: /values of type 'IQ2_XXS' are not decoded/ });
  });

  it('report the first bytes of a file that has only the name of the format', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-gguf-'));
    const file = path.join(folder, 'x.gguf');
    writeFileSync(file, 'FUGG and nothing else in it');
    await assert.rejects(call('checkpoint/open', { path: file }), {
      message: "the file begins with 'FUGG', and a GGUF file with 'GGUF'",
    });
    rmSync(folder, { recursive: true });
  });
});

describe('jobs on a GGUF adapter', () => {
  after(() => call.closeAll());

  it('pair its factors, take alpha from the metadata, and give the products of numpy', async () => {
    const { source, description } = await call('checkpoint/open', { path: fixturePath('gguf', 'adapter.gguf') });
    assert.deepEqual(
      description.problems.filter(({ severity }) => severity !== 'info'),
      [],
    );
    assert.equal(description.method, 'LORA');
    assert.deepEqual(description.lora.map(({ module }) => module).sort(), Object.keys(golden.lora).sort());
    const metrics = await call('lora/metrics', { source });
    for (const [i, { module, rank, alpha, scaling, layer, outFeatures, inFeatures }] of description.lora.entries()) {
      const { shape, norm, values } = golden.lora[module]!;
      assert.deepEqual([rank, alpha, scaling, outFeatures, inFeatures], [4, 6, 1.5, ...shape], module);
      assert.equal(layer, module === 'token_embd' ? null : Number(module.split('.')[1]));
      assert.ok(
        Math.abs(metrics.deltaNorm[i]! / norm - 1) < 1e-9,
        `${module}: ${metrics.deltaNorm[i]}, expected ${norm}`,
      );
      const matrix: MatrixRef = { kind: 'delta', module };
      const tile = await call('tile/read', { source, matrix, level: 0, tileX: 0, tileY: 0, reduction: 'mean' });
      const expected = floats(values);
      assert.equal(tile.values.length, expected.length);
      for (const [at, value] of tile.values.entries())
        assert.ok(Math.abs(value - expected[at]!) < 1e-5, `${module}[${at}]: ${value}`);
    }
  });
});
