import { strict as assert } from 'node:assert';
import { memorySource } from '../../../src/checkpoint/byteSource';
import type { ByteSource } from '../../../src/checkpoint/byteSource';
import { CheckpointError } from '../../../src/checkpoint/errors';
import { readAhead } from '../../../src/checkpoint/readAhead';

describe('a source that reads ahead', () => {
  const bytes = Uint8Array.from({ length: 3 << 20 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  const counted = (): { readonly source: ByteSource; readonly reads: [number, number][] } => {
    const reads: [number, number][] = [];
    const inner = memorySource(bytes);
    const source = readAhead({
      ...inner,
      read: (offset, length, signal) => {
        reads.push([offset, length]);
        return inner.read(offset, length, signal);
      },
    });
    return { source, reads };
  };

  it('answers small ranges in order from one read of the file', async () => {
    const { source, reads } = counted();
    for (let offset = 0; offset < 1 << 20; offset += 4096)
      assert.deepEqual(await source.read(offset, 4096), bytes.slice(offset, offset + 4096));
    assert.deepEqual(reads, [[0, 1 << 20]]);
  });

  it('gives the bytes of the file wherever it is asked, up to its end', async () => {
    const { source } = counted();
    for (const [offset, length] of [
      [1_048_000, 2000],
      [10, 5],
      [bytes.length - 3, 3],
      [100, 200_000],
      [7, 0],
    ] as const)
      assert.deepEqual(await source.read(offset, length), bytes.slice(offset, offset + length), `${offset}`);
    await assert.rejects(source.read(bytes.length - 1, 2), CheckpointError);
  });

  it('reads large ranges on their own', async () => {
    const { source, reads } = counted();
    await source.read(5, 100_000);
    assert.deepEqual(reads, [[5, 100_000]]);
  });
});
