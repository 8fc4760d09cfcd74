import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { ByteSource } from '../../../../src/checkpoint/byteSource';
import { memorySource } from '../../../../src/checkpoint/byteSource';
import { CheckpointError } from '../../../../src/checkpoint/errors';
import { readGgufHeader } from '../../../../src/checkpoint/gguf/ggufHeader';
import type { CheckpointHeader } from '../../../../src/checkpoint/header';
import { fixturePath } from '../fixtures';

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(fixturePath('gguf', name)));
const read = (bytes: Uint8Array): Promise<CheckpointHeader> => readGgufHeader(memorySource(bytes));

/** A file assembled by hand from numbers and strings in the format's encoding. */
function gguf(...parts: readonly (string | { u32: number } | { u64: bigint } | Uint8Array)[]): Uint8Array {
  const pieces = parts.map((part) => {
    if (part instanceof Uint8Array) return part;
    if (typeof part === 'string') return Buffer.concat([piece64(BigInt(Buffer.byteLength(part))), Buffer.from(part)]);
    return 'u32' in part ? Buffer.from(Uint32Array.of(part.u32).buffer) : piece64(part.u64);
  });
  return new Uint8Array(Buffer.concat([Buffer.from('GGUF'), ...pieces]));
}
const piece64 = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer);
const u32 = (value: number): { u32: number } => ({ u32: value });
const u64 = (value: number | bigint): { u64: bigint } => ({ u64: BigInt(value) });
const start = (tensors: number, metadata: number): readonly [{ u32: number }, { u64: bigint }, { u64: bigint }] => [
  u32(3),
  u64(tensors),
  u64(metadata),
];
const tensor = (name: string, dims: readonly (number | bigint)[], type: number, offset: number | bigint) =>
  [name, u32(dims.length), ...dims.map(u64), u32(type), u64(offset)] as const;
/** Pads the header to the alignment and appends `data` bytes. */
function withData(header: Uint8Array, data: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(header.length / 32) * 32 + data);
  bytes.set(header);
  return bytes;
}

describe('the header of a GGUF file', () => {
  it('lists the types, shapes and bytes that the gguf package wrote, without a problem', async () => {
    const header = await read(fixture('types.gguf'));
    assert.deepEqual([header.errors, header.notes, header.format], [[], [], 'GGUF v3']);
    const shown = new Map(
      header.tensors.map(({ name, dtype, shape, begin, end }) => [name, [dtype, shape, end - begin]]),
    );
    assert.deepEqual(shown.get('experts'), ['F32', [2, 3, 4], 96]);
    assert.deepEqual(shown.get('bf16'), ['BF16', [2, 2], 8]);
    assert.deepEqual(shown.get('Q4_K'), ['Q4_K', [2, 256], 288]);
    assert.deepEqual(shown.get('listed'), ['IQ2_XXS', [2, 256], 132]);
    assert.ok(header.tensors.every(({ readable }) => readable));
  });

  it('shows metadata of every type as text, and a long list by its start and length', async () => {
    const metadata = new Map((await read(fixture('types.gguf'))).metadata);
    assert.deepEqual(
      ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'string', 'u64', 'i64', 'f64', 'array'].map((key) =>
        metadata.get(`test.${key}`),
      ),
      // prettier-ignore
      ['255', '-128', '65535', '-32768', '4294967295', '-2147483648', '0.1', 'true', 'é 日本', '18446744073709551615',
        '-9223372036854775808', '0.1', '[1, 2, 3]'],
    );
    assert.match(metadata.get('test.floats')!, /^\[0\.5, (0\.5, ){15}… 20 in all\]$/);
    assert.match(metadata.get('tokenizer.ggml.tokens')!, /^\['token0', .*'token15', … 500 in all\]$/);
    assert.equal(metadata.get('general.file_type'), '15: mostly Q4_K_M');
  });

  it('is read in version 1, with 32-bit counts and an alignment from the metadata', async () => {
    const header = await read(fixture('version1.gguf'));
    assert.deepEqual([header.format, header.errors, header.dataStart % 64], ['GGUF v1', [], 0]);
    assert.deepEqual(
      header.tensors.map(({ name, shape, end }) => [name, shape, end]),
      [['x', [2, 3], 24]],
    );
    assert.match(new Map(header.metadata).get('list')!, /'s15', … 20 in all\]$/);
  });

  it('is read in version 2, which has the layout of version 3', async () => {
    const bytes = fixture('types.gguf');
    bytes[4] = 2;
    const [two, three] = [await read(bytes), await read(fixture('types.gguf'))];
    assert.deepEqual([two.format, two.tensors, two.metadata], ['GGUF v2', three.tensors, three.metadata]);
  });

  it('is also read from a big-endian file, whose values are not decoded', async () => {
    const header = await read(fixture('bigEndian.gguf'));
    const { tensors, notes, errors } = header;
    assert.deepEqual(errors, []);
    assert.deepEqual(
      tensors.map(({ name, dtype, shape }) => [name, dtype, shape]),
      [['x', 'F32 (big-endian)', [2, 3]]],
    );
    assert.match(notes![0]!.message, /big-endian/);
    assert.equal(new Map(header.metadata).get('test.i32'), '-2147483648');
  });

  it('shows the complete tensors of a file truncated at any byte, or is refused with a typed error', async () => {
    const bytes = fixture('types.gguf');
    const { dataStart, tensors } = await read(bytes);
    for (let length = 0; length < bytes.length; length += length < dataStart ? 1 : 97) {
      const cut = bytes.slice(0, length);
      const header = await read(cut).catch((error: unknown) => {
        assert.ok(error instanceof CheckpointError, `${length}: ${String(error)}`);
        return null;
      });
      assert.ok(header !== null || length < dataStart, `${length}: nothing is shown`);
      if (!header) continue;
      assert.ok(header.errorCount > 0, `${length}: nothing is said`);
      const whole = length < dataStart ? [] : tensors.filter(({ end }) => dataStart + end <= length);
      assert.deepEqual(
        header.tensors.filter(({ readable }) => readable).map(({ name }) => name),
        whole.map(({ name }) => name),
        `cut at ${length}`,
      );
    }
  });

  it('is refused with a typed error for counts, lengths and types that no file can have', async () => {
    const hostile: [string, Uint8Array, RegExp][] = [
      ['a version of the future', gguf(u32(4), u64(0), u64(0)), /version 4, expected 1 to 3/],
      ['more tensors than bytes', gguf(...start(2 ** 40, 0)), /ends at byte 24/],
      ['more metadata than bytes', gguf(...start(0, 2 ** 60)), /ends at byte 24/],
      ['a key longer than the file', gguf(...start(0, 1), u64(2n ** 64n - 1n)), /ends at byte/],
      ['a list longer than the file', gguf(...start(0, 1), 'k', u32(9), u32(8), u64(2n ** 63n)), /ends at byte/],
      ['numbers beyond the file', gguf(...start(0, 1), 'k', u32(9), u32(10), u64(2n ** 61n)), /ends at byte/],
      ['metadata of no type', gguf(...start(0, 1), 'k', u32(13), u64(0)), /type 13, expected 0 to 12/],
      ['a thousand dimensions', gguf(...start(1, 0), 't', u32(1000), u64(0)), /1000 dimensions/],
    ];
    const nested = Array.from({ length: 9 }, () => [u32(9), u64(1)]).flat();
    hostile.push(['lists within lists', gguf(...start(0, 1), 'k', u32(9), ...nested), /nested deeper than 4/]);
    for (const [what, bytes, message] of hostile) {
      await assert.rejects(
        read(bytes),
        (error) => error instanceof CheckpointError && message.test(error.message),
        what,
      );
    }
  });

  it('names a faulty tensor with the values found and expected, and keeps the complete ones', async () => {
    const parts = [
      ...tensor('whole', [8], 0, 0),
      ...tensor('overflow', [2n ** 62n, 8], 0, 32),
      ...tensor('crooked', [40], 8, 32),
      ...tensor('strange', [4], 77, 32),
      ...tensor('overlap', [8], 0, 0),
      ...tensor('unaligned', [4], 0, 40),
      ...tensor('whole', [8], 0, 0),
      ...tensor('far', [8], 0, 2n ** 60n),
    ];
    const header = await read(withData(gguf(...start(8, 0), ...parts), 64));
    const faults = header.errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
    for (const expected of [
      /DuplicateKey: tensor 'whole' occurs twice/,
      /TensorInvalidInfo: tensor 'overflow': shape \[8, 4611686018427388000\] x F32/,
      /TensorInvalidInfo: tensor 'crooked': shape \[40\] x Q8_0 is not a whole number of blocks of 32/,
      /TensorInvalidInfo: tensor 'strange': ggml type 77 is unknown/,
      /InvalidOffset: tensor 'overlap': its data at \[0, 32\) overlaps that of 'whole'/,
      /InvalidOffset: tensor 'unaligned': its data at \[40, 56\) does not begin at a multiple of 32/,
      /ValidationOverflow: tensor 'far': offset 1152921504606847000 is beyond 2\^53/,
    ]) {
      assert.match(faults, expected);
    }
    assert.deepEqual(
      header.tensors.filter(({ readable }) => readable).map(({ name }) => name),
      ['whole', 'overlap', 'unaligned'],
    );
  });

  it('reports holes between tensors and bytes after the last', async () => {
    const parts = [...tensor('a', [8], 0, 0), ...tensor('b', [8], 0, 96)];
    const header = await read(withData(gguf(...start(2, 0), ...parts), 4096));
    assert.deepEqual(
      header.errors.map(({ message }) => message),
      [
        "tensor 'b': its data at [96, 128) leaves a hole, expected to begin at 32",
        'the tensors end at byte 128 of the data: 3968 bytes too many',
      ],
    );
  });

  it('stops at its limit in an endless file of zeros, with little memory', async () => {
    let largest = 0;
    const zeros: ByteSource = {
      size: 500e9,
      read: async (offset, length) => {
        largest = Math.max(largest, length);
        const bytes = new Uint8Array(length);
        if (offset === 0) bytes.set(gguf(...start(0, 1), 'k', u32(9), u32(8), u64(2n ** 60n)));
        return bytes;
      },
      close: async () => undefined,
    };
    await assert.rejects(readGgufHeader(zeros), { code: 'HeaderTooLarge' });
    assert.ok(largest <= 2 ** 20, `${largest} bytes at once`);
  });

  it('states the number of the part in a split file', async () => {
    const parts = ['split.no', u32(4), u32(1), 'split.count', u32(4), u32(3), 'general.alignment', u32(4), u32(24)];
    const header = await read(withData(gguf(...start(1, 3), ...parts, ...tensor('a', [8], 0, 0)), 32));
    assert.deepEqual(
      header.notes!.map(({ message }) => message),
      ['this file is part 2 of 3: the tensors of the others are not shown'],
    );
    assert.match(header.errors[0]!.message, /general.alignment is '24', expected a power of two/);
  });
});
