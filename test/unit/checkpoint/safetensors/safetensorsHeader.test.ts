import { strict as assert } from 'node:assert';
import { memorySource } from '../../../../src/checkpoint/byteSource';
import { CheckpointError } from '../../../../src/checkpoint/errors';
import { quoted } from '../../../../src/peftConfig/quoted';
import { openSafetensors } from '../../../../src/checkpoint/safetensors/openSafetensors';
import {
  assertValid,
  headerLength,
  parseSafetensorsHeader,
} from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import { atOnce } from '../../../../src/checkpoint/steps';
import type { SafetensorsHeader } from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import { fileOf, readFixture, tensorField } from '../fixtures';

interface Case {
  readonly name: string;
  readonly base64: string;
  readonly error: string | null;
  readonly tensors: readonly (readonly [string, string, readonly number[]])[] | null;
}

/** The start of each message of the reference library, and our code for the same fault. */
const CODES: readonly (readonly [string, string])[] = [
  ['header too small', 'HeaderTooSmall'],
  ['header too large', 'HeaderTooLarge'],
  ['invalid header length', 'InvalidHeaderLength'],
  ['invalid UTF-8', 'InvalidHeader'],
  ['invalid JSON', 'InvalidHeaderDeserialization'],
  ['invalid offset', 'InvalidOffset'],
  ['invalid shape', 'TensorInvalidInfo'],
  ['incomplete metadata', 'MetadataIncompleteBuffer'],
  ['overflow', 'ValidationOverflow'],
  ['The slice is slicing for subbytes', 'MisalignedSlice'],
];

/** The cases in which we are stricter than the library: the specification forbids duplicate keys. */
const OURS = new Map([
  ['a tensor name twice', 'DuplicateKey'],
  ['a field twice', 'DuplicateKey'],
]);

function parse(bytes: Uint8Array): SafetensorsHeader {
  const length = headerLength(bytes, bytes.length);
  return atOnce(parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.length));
}

function strictCode(bytes: Uint8Array): string | null {
  try {
    assertValid(parse(bytes));
    return null;
  } catch (error) {
    assert.ok(error instanceof CheckpointError, String(error));
    return error.code;
  }
}

describe('the safetensors header', () => {
  for (const { name, base64, error, tensors } of readFixture<{ cases: Case[] }>('checkpoint', 'safetensors_cases.json')
    .cases) {
    const said = error?.replace('Error while deserializing: ', '') ?? null;
    const expected = OURS.get(name) ?? (said === null ? null : CODES.find(([start]) => said.startsWith(start))![1]);
    const verdict = expected === null ? 'is valid' : `is refused with ${expected}`;
    it(`of ${name} ${verdict}, as in the reference library`, () => {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
      assert.equal(strictCode(bytes), expected);
      if (expected !== null) return;
      const found = parse(bytes).tensors.map((tensor) => [tensor.name, tensor.dtype, tensor.shape]);
      assert.deepEqual(found.sort(), [...tensors!].sort());
    });
  }

  it('is refused with the tensor, the value found and the value expected', () => {
    const bytes = fileOf({ x: tensorField('F32', [4096, 8], 0, 131068) }, 131068);
    assert.throws(
      () => assertValid(parse(bytes)),
      /^CheckpointError: tensor 'x': shape \[4096, 8\] x F32 needs 131072 bytes, data_offsets span 131068$/,
    );
  });

  it('keeps the complete tensors of a truncated file', () => {
    const header = { a: tensorField('F32', [4], 0, 16), b: tensorField('F32', [4], 16, 32) };
    const parsed = parse(fileOf(header, 20));
    assert.deepEqual(
      parsed.tensors.map(({ readable }) => readable),
      [true, false],
    );
    assert.match(
      parsed.errors[0]!.message,
      /need 32 bytes of data, the file holds 20: it is cut off, 1 of 2 tensors are whole/,
    );
  });

  it('keeps the other entries if one is invalid', () => {
    const parsed = parse(
      fileOf({ a: tensorField('F32', [3], 0, 16), b: { dtype: 'F32' }, c: tensorField('F32', [4], 16, 32) }, 32),
    );
    assert.deepEqual(
      parsed.tensors.map(({ name, readable }) => [name, readable]),
      [
        ['a', false],
        ['b', false],
        ['c', true],
      ],
    );
  });

  it('keeps the entries before the point where it ends too early', () => {
    const text = `{"a":${JSON.stringify(tensorField('U8', [4], 0, 4))},"b":{"dtype":"U8","sha`;
    const parsed = parse(fileOf(text, 4));
    assert.deepEqual(
      parsed.tensors.map(({ name, readable }) => [name, readable]),
      [['a', true]],
    );
    assert.equal(parsed.errors[0]!.code, 'InvalidHeaderDeserialization');
  });

  it('shows its tensors even if it is not UTF-8', () => {
    const bytes = fileOf({ abc: tensorField('U8', [4], 0, 4) }, 4);
    bytes[8 + 3] = 0xff;
    const parsed = parse(bytes);
    assert.equal(parsed.errors[0]!.code, 'InvalidHeader');
    assert.deepEqual(
      parsed.tensors.map(({ name, readable }) => [name, readable]),
      [['a\ufffdc', true]],
    );
  });

  it('keeps the order of the metadata and of names that look like integers', () => {
    const empty = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
    const text = `{"__metadata__":{"b":"2","10":"x","1":"y"},"9":${empty},"1":${empty}}`;
    const { metadata, tensors } = parse(fileOf(text));
    assert.deepEqual(metadata, [
      ['b', '2'],
      ['10', 'x'],
      ['1', 'y'],
    ]);
    assert.deepEqual(
      tensors.map(({ name }) => name),
      ['9', '1'],
    );
  });

  it('reports the first hundred of thousands of faults, and their number', () => {
    const header = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t${i}`, tensorField('F7', [1], 0, 4)]));
    const { errors, errorCount } = parse(fileOf(header, 4));
    assert.equal(errors.length, 100);
    assert.equal(errorCount, 5000);
  });

  it('refuses a lone surrogate in a name and accepts a pair', () => {
    const named = (name: string): SafetensorsHeader =>
      parse(fileOf(`{"${name}":${JSON.stringify(tensorField('F32', [1], 0, 4))}}`, 4));
    assert.deepEqual(named('\\ud83d\\ude00').errors, []);
    for (const name of ['\\ud83d', 'a\\uDE00b']) {
      const { errors, tensors } = named(name);
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['InvalidHeaderDeserialization'],
        name,
      );
      assert.ok(tensors[0]!.readable);
    }
  });

  it('takes no more memory than the file has bytes, whatever length it claims', async () => {
    const reads: number[] = [];
    const bytes = new Uint8Array(40);
    new DataView(bytes.buffer).setBigUint64(0, 99_000_000n, true);
    const source = memorySource(bytes);
    const counted = {
      ...source,
      read: (offset: number, length: number) => (reads.push(length), source.read(offset, length)),
    };
    await assert.rejects(openSafetensors(counted), { code: 'InvalidHeaderLength' });
    assert.ok(Math.max(...reads) <= 40);
  });
});

describe('a quoted name', () => {
  it('shows control and direction characters by their codes, and has a limited length', () => {
    assert.equal(quoted('a\n\u202eb'), "'a\\u{a}\\u{202e}b'");
    assert.ok(quoted('x'.repeat(10_000)).length < 300);
  });
});
