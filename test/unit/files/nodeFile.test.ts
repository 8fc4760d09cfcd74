import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  // A time long ago, so that a later write has another time on a file system of any resolution.
  utimesSync(file, 1_000_000, 1_000_000);
  return file;
}

const text = async (
  file: { read(offset: number, length: number): Promise<Uint8Array> },
  length: number,
): Promise<string> => Buffer.from(await file.read(0, length)).toString();

describe('a local file that changes while it is open', () => {
  for (const [how, change] of [
    ['overwritten in place with the same number of bytes', (file: string) => writeFileSync(file, 'BBBB')],
    ['appended to', (file: string) => appendFileSync(file, 'B')],
    ['truncated', (file: string) => truncateSync(file, 2)],
    ['emptied and filled again', (file: string) => (truncateSync(file, 0), writeFileSync(file, 'AAAA'))],
  ] as const) {
    it(`is reported as changed after it was ${how}`, async () => {
      const file = write('a', 'AAAA');
      const { source } = await nodeFiles.open(file);
      assert.equal(await text(source, 4), 'AAAA');
      change(file);
      await assert.rejects(source.read(0, 4), { name: 'CheckpointError', code: 'Changed', message: /Reload/ });
      await source.close();
      const again = await nodeFiles.open(file);
      assert.equal(await text(again.source, again.source.size), readFileSync(file, 'utf8'));
      await again.source.close();
    });
  }

  for (const [how, change] of [
    ['deleted', (file: string) => unlinkSync(file)],
    ['replaced by another', (file: string) => renameSync(write('b', 'BBBB'), file)],
  ] as const) {
    it(`keeps its contents in the open handle after it was ${how}`, async () => {
      const file = write('a', 'AAAA');
      const { source } = await nodeFiles.open(file);
      change(file);
      assert.equal(await text(source, 4), 'AAAA');
      await source.close();
    });
  }
});

describe('a path that is not a regular file', () => {
  const refusal = { name: 'CheckpointError', code: 'Unreadable', message: /not a file/ };

  it('is refused if it is a folder', async () => {
    await assert.rejects(nodeFiles.open(folder), refusal);
  });

  // Windows has no pipes in its file system.
  if (process.platform !== 'win32') {
    it('is refused at once if it is a pipe without a writer', async () => {
      const pipe = path.join(folder, 'pipe.safetensors');
      assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
      await assert.rejects(nodeFiles.open(pipe), refusal);
    });
  }
});

describe('a file in the folder of another', () => {
  it('is found only below the same folder', async () => {
    const file = write('a', '');
    assert.equal(nodeFiles.beside(file, 'b'), path.join(folder, 'b'));
    assert.equal(nodeFiles.beside(file, 'shards/b.safetensors'), path.join(folder, 'shards', 'b.safetensors'));
    assert.equal(nodeFiles.beside(file, '...'), path.join(folder, '...'));
    for (const name of [
      '',
      '.',
      '..',
      '../b',
      'x/../../b',
      './b',
      '/etc/passwd',
      'x//b',
      'C:\\b',
      'C:b',
      '..\\b',
      '\\\\server\\b',
      'https://example.org/b',
      'file:///b',
      'b\0',
      'b\n',
      'b'.repeat(5000),
    ]) {
      assert.throws(() => nodeFiles.beside(file, name), { code: 'Unreadable', message: /not followed/ }, name);
    }
  });

  it('is listed among the names of the folder', async () => {
    const file = write('a', '');
    write('b', '');
    assert.deepEqual([...(await nodeFiles.namesBeside(file))!].sort(), ['a', 'b']);
    assert.equal(await nodeFiles.namesBeside(path.join(folder, 'missing', 'a')), null);
  });

  it('is read whole within a limit, and is null only if it is missing', async () => {
    const file = write('a', '');
    write('b', 'four');
    mkdirSync(path.join(folder, 'folder'));
    assert.equal(await nodeFiles.readBeside(file, 'b', 4), 'four');
    await assert.rejects(nodeFiles.readBeside(file, 'b', 3), { code: 'TooLarge', message: /more than 3 bytes/ });
    await assert.rejects(nodeFiles.readBeside(file, 'folder', 9), { code: 'Unreadable', message: /a directory/ });
    assert.equal(await nodeFiles.readBeside(file, 'missing', 9), null);
  });
});

describe('a file written atomically', () => {
  it('replaces the old file and leaves no other', async () => {
    const file = write('a', 'before');
    const written = await nodeFiles.writeAtomically(file, async (sink) => {
      await sink(Buffer.from('af'));
      assert.equal(readFileSync(file, 'utf8'), 'before');
      await sink(Buffer.from('ter'));
    });
    assert.equal(written, 5);
    assert.equal(readFileSync(file, 'utf8'), 'after');
    assert.deepEqual(readdirSync(folder), ['a']);
  });

  it('keeps its old contents if writing fails', async () => {
    const file = write('a', 'before');
    const failing = nodeFiles.writeAtomically(file, async (sink) => {
      await sink(Buffer.from('half'));
      throw new Error('stop');
    });
    await assert.rejects(failing, /stop/);
    assert.equal(readFileSync(file, 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder), ['a']);
  });

  it('is refused under any of its names while it is being read', async () => {
    const file = write('a', 'before');
    const link = path.join(folder, 'link');
    symlinkSync(file, link);
    const { source } = await nodeFiles.open(file);
    const second = await nodeFiles.open(link);
    const fill = async (): Promise<void> => assert.fail('nothing is asked to be written');
    for (const name of [file, link]) {
      await assert.rejects(nodeFiles.writeAtomically(name, fill), { code: 'Unwritable', message: /another name/ });
    }
    await source.close();
    await source.close();
    await assert.rejects(nodeFiles.writeAtomically(file, fill), { code: 'Unwritable' });
    await second.source.close();
    await nodeFiles.writeAtomically(link, (sink) => sink(Buffer.from('after')));
    assert.equal(readFileSync(file, 'utf8'), 'after');
    assert.equal(readlinkSync(link), file);
  });

  it('gives the reason if it cannot be written', async () => {
    const fill = async (): Promise<void> => assert.fail('nothing is asked to be written');
    const missing = path.join(folder, 'missing', 'a');
    await assert.rejects(nodeFiles.writeAtomically(missing, fill), { code: 'Unwritable', message: /no such file/ });
    await assert.rejects(nodeFiles.writeAtomically(folder, fill), { code: 'Unwritable', message: /not a file/ });
  });
});
