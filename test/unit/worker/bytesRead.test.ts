import { strict as assert } from 'node:assert';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { ByteSource } from '../../../src/checkpoint/byteSource';
import type { FileAccess } from '../../../src/worker/fileAccess';
import { nodeFiles } from '../../../src/worker/nodeFile';
import { jobCaller } from './jobContext';

const GIGABYTE = 2 ** 30;
const FILE_BYTES = 20 * GIGABYTE;
/** What may be read at opening besides the header. */
const ALLOWED_BYTES = 2 ** 20;
/** A sparse file of this size takes at most this much of the disk; a file system that knows no holes fills it. */
const SPARSE_BYTES = 64 * 2 ** 20;

/** The local files, with every byte counted that is read of them. */
function counting(): FileAccess & { bytes: number } {
  const counted = {
    ...nodeFiles,
    bytes: 0,
    async open(location: string, signal?: AbortSignal) {
      const opened = await nodeFiles.open(location, signal);
      const { source } = opened;
      const wrapped: ByteSource = {
        size: source.size,
        read: (offset, length, readSignal) => {
          counted.bytes += length;
          return source.read(offset, length, readSignal);
        },
        readInto: (offset, target, readSignal) => {
          counted.bytes += target.length;
          return source.readInto!(offset, target, readSignal);
        },
        close: () => source.close(),
      };
      return { ...opened, source: wrapped };
    },
  };
  return counted;
}

/** A model of 1,280 weights of 4096 x 1024 F32 in one file that is all hole behind its header. Null without holes. */
function sparseModel(file: string): { headerBytes: number } | null {
  const each = 4096 * 1024 * 4;
  const fields: string[] = [];
  for (let begin = 0, i = 0; begin < FILE_BYTES; begin += each, i++) {
    fields.push(`"model.layers.${i}.weight":{"dtype":"F32","shape":[4096,1024],"data_offsets":[${begin},${begin + each}]}`);
  }
  const header = Buffer.from(`{${fields.join(',')}}`);
  const handle = openSync(file, 'w');
  try {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeSync(handle, length);
    writeSync(handle, header);
    ftruncateSync(handle, 8 + header.length + FILE_BYTES);
  } catch {
    // No room for a file of this length, or no files of this length.
    return null;
  } finally {
    closeSync(handle);
  }
  return statSync(file).blocks * 512 <= SPARSE_BYTES ? { headerBytes: 8 + header.length } : null;
}

describe('a file of 20 GB', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is opened by its header and at most 1 MB more, and a tile reads what it covers', async function () {
    const file = path.join(folder, 'model.safetensors');
    const made = sparseModel(file);
    if (!made) {
      console.log(`      left out: ${folder} holds no sparse file of 20 GB`);
      return void this.skip();
    }
    const files = counting();
    const call = jobCaller(files);
    const { source, description } = await call('checkpoint/open', { path: file });
    assert.equal(description.tensors.length, 1280);
    assert.deepEqual(description.problems, []);
    assert.equal(description.file!.bytes, made.headerBytes + FILE_BYTES);
    assert.ok(files.bytes >= made.headerBytes && files.bytes <= made.headerBytes + ALLOWED_BYTES, `${files.bytes} bytes were read`);
    files.bytes = 0;
    const matrix = { kind: 'tensor', name: 'model.layers.1279.weight' } as const;
    const tile = await call('tile/read', { source, matrix, level: 0, tileX: 1, tileY: 3, reduction: 'mean' });
    assert.deepEqual([tile.width, tile.height], [256, 256]);
    assert.ok(files.bytes >= 256 * 256 * 4 && files.bytes <= 256 * 4096 + ALLOWED_BYTES, `${files.bytes} bytes were read`);
    await call.closeAll();
  });
});
