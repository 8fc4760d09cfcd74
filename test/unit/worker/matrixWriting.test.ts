import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Cell, ExportFormat, MatrixRef } from '../../../src/protocol/matrix';
import { fileOf, fixturePath, readFixture, tensorField } from '../checkpoint/fixtures';
import type { GoldenNumber } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

const call = jobCaller();

/** Reads the .npy format from its specification: version 1.0, a Python dict, then the values. */
function readNpy(bytes: Buffer): { descr: string; shape: number[]; data: Buffer } {
  assert.equal(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  const length = bytes.readUInt16LE(8);
  assert.equal((10 + length) % 64, 0);
  const header = bytes.toString('latin1', 10, 10 + length);
  assert.ok(header.endsWith('\n'));
  const found = /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(header)!;
  return { descr: found[1]!, shape: [Number(found[2]), Number(found[3])], data: bytes.subarray(10 + length) };
}

describe('writing a matrix', () => {
  let folder: string;
  let source: number;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    ({ source } = await call('checkpoint/open', { path: fixturePath('checkpoint', 'dtypes.safetensors') }));
  });
  after(async () => {
    await call.closeAll();
    rmSync(folder, { recursive: true });
  });
  const write = async (matrix: MatrixRef, format: ExportFormat, from = source): Promise<Buffer> => {
    const file = path.join(folder, `out.${format}`);
    const bytes = await call('matrix/write', { source: from, matrix, format, path: file });
    const content = readFileSync(file);
    assert.equal(content.length, bytes);
    return content;
  };
  const tensor = (name: string): MatrixRef => ({ kind: 'tensor', name });

  it('keeps every value as .npy, in an element type that holds it', async () => {
    const { dtypes } = readFixture<{ dtypes: Record<string, { values: GoldenNumber[]; text?: string[] }> }>(
      'checkpoint',
      'numbers.json',
    );
    const expected: [string, string][] = [
      ['bf16', '<f4'],
      ['f16', '<f4'],
      ['f32', '<f4'],
      ['f64', '<f8'],
      ['i32', '<f8'],
      ['u32', '<f8'],
      ['i16', '<f4'],
      ['bool', '<f4'],
      ['f8_e4m3', '<f4'],
    ];
    for (const [name, descr] of expected) {
      const npy = readNpy(await write(tensor(name), 'npy'));
      assert.deepEqual([npy.descr, npy.shape], [descr, [2, 3]]);
      const read = (i: number): number =>
        descr === '<f8' ? npy.data.readDoubleLE(8 * i) : npy.data.readFloatLE(4 * i);
      assert.deepEqual(
        dtypes[name]!.values.map((_, i) => read(i)),
        dtypes[name]!.values.map(Number),
        name,
      );
    }
    for (const [name, descr] of [
      ['i64', '<i8'],
      ['u64', '<u8'],
    ] as const) {
      const npy = readNpy(await write(tensor(name), 'npy'));
      assert.equal(npy.descr, descr);
      const read = (i: number): bigint =>
        name === 'i64' ? npy.data.readBigInt64LE(8 * i) : npy.data.readBigUInt64LE(8 * i);
      assert.deepEqual(
        dtypes[name]!.text!.map((_, i) => String(read(i))),
        dtypes[name]!.text,
      );
    }
  });

  it('writes exact decimals as CSV, one line per row', async () => {
    assert.equal(
      (await write(tensor('i64'), 'csv')).toString(),
      '0,1,9223372036854775807\n-9223372036854775808,2,9223372036854775806\n',
    );
    assert.equal((await write(tensor('f32'), 'csv')).toString(), '0,-0,1.5\n-2.25,0.1,NaN\n');
    assert.equal((await write(tensor('bf16'), 'csv')).toString(), '0,-0,-Infinity\n-2.25,0.1,3\n');
    assert.equal((await write(tensor('bool'), 'csv')).toString(), 'true,false,true\nfalse,false,true\n');
    assert.equal((await write(tensor('scalar'), 'csv')).toString(), '7\n');
    assert.equal((await write(tensor('line'), 'csv')).toString(), '0,1,2,3,4\n');
    assert.equal((await write(tensor('empty'), 'csv')).toString(), '');
    assert.deepEqual(readNpy(await write(tensor('empty'), 'npy')).shape, [2, 0]);
  });

  it('computes a product in full and agrees with its cells', async () => {
    const opened = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'),
    });
    const matrix: MatrixRef = { kind: 'delta', module: 'model.layers.0.mlp.down_proj' };
    const npy = readNpy(await write(matrix, 'npy', opened.source));
    assert.deepEqual([npy.descr, npy.shape], ['<f4', [64, 96]]);
    for (const [row, column] of [
      [0, 0],
      [63, 95],
      [17, 40],
    ] as const) {
      const { value }: Cell = await call('cell/read', { source: opened.source, matrix, row, column });
      assert.equal(npy.data.readFloatLE(4 * (row * 96 + column)), Math.fround(value));
    }
  });

  it('leaves no new file and keeps the old one if it is cancelled', async () => {
    const large = path.join(folder, 'large.safetensors');
    writeFileSync(large, fileOf({ x: tensorField('F32', [3000, 1000], 0, 12_000_000) }, 12_000_000));
    const opened = await call('checkpoint/open', { path: large });
    const file = path.join(folder, 'kept.npy');
    writeFileSync(file, 'as it was');
    const controller = new AbortController();
    const progress = { push: () => controller.abort(new Error('stop')) } as never;
    const request = { source: opened.source, matrix: tensor('x'), format: 'npy' as const, path: file };
    await assert.rejects(call('matrix/write', request, controller.signal, { progress, transferred: [] }), /stop/);
    assert.equal(readFileSync(file, 'utf8'), 'as it was');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
});
