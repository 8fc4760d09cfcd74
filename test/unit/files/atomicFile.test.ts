import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { writeAtomically } from '../../../src/files/atomicFile';
import { jobCaller } from '../worker/jobContext';
import { nodeFiles } from '../../../src/files/nodeFile';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string): string => path.join(folder, name);

function write(name: string, content: string, mode = 0o644): string {
  writeFileSync(inFolder(name), content);
  chmodSync(inFolder(name), mode);
  return inFolder(name);
}

const save = (file: string, text = 'after'): Promise<number> =>
  writeAtomically(file, (sink) => sink(new TextEncoder().encode(text)));
const permissions = (file: string): number => statSync(file).mode & 0o777;
const refusal = (message: RegExp): object => ({ name: 'CheckpointError', code: 'Unwritable', message });

/** Windows has one permission, and its links need a privilege. */
const onUnix = process.platform === 'win32' ? describe.skip : describe;

onUnix('a saved file', () => {
  for (const mode of [0o600, 0o640, 0o664, 0o755, 0o200])
    it(`keeps the permissions ${mode.toString(8)} of the file that it replaces`, async () => {
      const file = write('a', 'before', mode);
      await save(file);
      assert.equal(permissions(file), mode);
    });

  it('is private while it is written if the file that it replaces is', async () => {
    const file = write('a', 'before', 0o600);
    await writeAtomically(file, async () => {
      const [temporary] = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
      assert.equal(permissions(inFolder(temporary!)), 0o600);
    });
  });

  it('has the usual permissions if it is new', async () => {
    writeFileSync(inFolder('usual'), '');
    await save(inFolder('new'));
    assert.equal(permissions(inFolder('new')), permissions(inFolder('usual')));
  });

  it('keeps its owner', async function () {
    const file = write('a', 'before');
    if (spawnSync('chown', ['12345:12346', file]).status !== 0) this.skip();
    await save(file);
    assert.deepEqual([statSync(file).uid, statSync(file).gid], [12345, 12346]);
  });

  it('does not replace a read-only file, even for an administrator', async () => {
    const file = write('a', 'before', 0o444);
    symlinkSync(file, inFolder('link'));
    for (const name of [file, inFolder('link')])
      await assert.rejects(save(name), refusal(/read-only. Choose another name/));
    assert.equal(readFileSync(file, 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder).sort(), ['a', 'link']);
  });

  it('replaces the target of a symbolic link, through links to links, and keeps the links', async () => {
    mkdirSync(inFolder('elsewhere'));
    write('elsewhere/a', 'before', 0o600);
    symlinkSync('elsewhere/a', inFolder('first'));
    symlinkSync('first', inFolder('second'));
    await save(inFolder('second'));
    assert.equal(readFileSync(inFolder('elsewhere/a'), 'utf8'), 'after');
    assert.equal(permissions(inFolder('elsewhere/a')), 0o600);
    assert.deepEqual([readlinkSync(inFolder('first')), readlinkSync(inFolder('second'))], ['elsewhere/a', 'first']);
  });

  it('is refused in words where a symbolic link leads nowhere or in a circle', async () => {
    symlinkSync('missing', inFolder('dangling'));
    symlinkSync('loop', inFolder('loop'));
    await assert.rejects(save(inFolder('dangling')), refusal(/link to a file that does not exist. Remove the link/));
    await assert.rejects(save(inFolder('loop')), refusal(/in a circle/));
    assert.ok(lstatSync(inFolder('dangling')).isSymbolicLink());
    assert.equal(existsSync(inFolder('missing')), false);
  });

  it('leaves other names of the old file as they were', async () => {
    const file = write('a', 'before');
    linkSync(file, inFolder('other'));
    await save(file);
    assert.equal(readFileSync(inFolder('other'), 'utf8'), 'before');
  });

  it('is refused where a device or a pipe has its name', async function () {
    assert.equal(spawnSync('mkfifo', [inFolder('pipe')]).status, 0);
    await assert.rejects(save(inFolder('pipe')), refusal(/not a file/));
    if (!existsSync('/dev/null')) this.skip();
    await assert.rejects(save('/dev/null'), refusal(/not a file/));
  });
});

describe('leftovers of killed processes', () => {
  const LEFTOVER = '.peft-01234567-89ab-cdef-0123-456789abcdef.tmp';

  it('are removed from the folder of the next save after a day, and nothing else is', async () => {
    const now = Date.now() / 1000;
    const age = (name: string, hours: number): void => utimesSync(inFolder(name), now, now - 3600 * hours);
    const recent = LEFTOVER.replace('0123', 'aaaa');
    for (const name of [LEFTOVER, recent, '.peft-mine.tmp', `${LEFTOVER}.txt`]) write(name, 'half');
    for (const name of [LEFTOVER, '.peft-mine.tmp', `${LEFTOVER}.txt`]) age(name, 25);
    age(recent, 23);
    const directory = LEFTOVER.replace('0123', 'bbbb');
    mkdirSync(inFolder(directory));
    age(directory, 25);
    await save(inFolder('a'));
    assert.deepEqual(readdirSync(folder).sort(), ['a', recent, directory, '.peft-mine.tmp', `${LEFTOVER}.txt`].sort());
  });

  it('are removed from the folder of the target if the file is a link', async function () {
    if (process.platform === 'win32') this.skip();
    mkdirSync(inFolder('elsewhere'));
    write('elsewhere/a', 'before');
    write(`elsewhere/${LEFTOVER}`, 'half');
    utimesSync(inFolder(`elsewhere/${LEFTOVER}`), 1, 1);
    symlinkSync('elsewhere/a', inFolder('link'));
    await save(inFolder('link'));
    assert.deepEqual(readdirSync(inFolder('elsewhere')), ['a']);
  });
});

describe('a disk that fills up', () => {
  /** A file system of 64 KiB, which only an administrator can mount. */
  function smallDisk(context: Mocha.Context): string {
    const disk = inFolder('disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (mounted.status !== 0) context.skip();
    return disk;
  }

  /** Leaves a page or two free. */
  const BALLAST_BYTES = 52 << 10;
  const SIDE = 128;

  /** Weights of 64 KiB. */
  function matrixFile(): string {
    const bytes = 4 * SIDE * SIDE;
    const json = Buffer.from(JSON.stringify({ w: { dtype: 'F32', shape: [SIDE, SIDE], data_offsets: [0, bytes] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(inFolder('w.safetensors'), Buffer.concat([length, json, Buffer.alloc(bytes)]));
    return inFolder('w.safetensors');
  }

  afterEach(() => {
    if (existsSync(inFolder('disk'))) spawnSync('umount', [inFolder('disk')]);
  });

  it('leaves the old file and nothing else', async function () {
    const disk = smallDisk(this);
    const file = path.join(disk, 'a.npy');
    writeFileSync(file, 'before');
    const endless = writeAtomically(file, async (sink) => {
      for (;;) await sink(new Uint8Array(16 << 10));
    });
    await assert.rejects(endless, refusal(/the disk is full/));
    assert.equal(readFileSync(file, 'utf8'), 'before');
    assert.deepEqual(readdirSync(disk), ['a.npy']);
  });

  for (const format of ['csv', 'npy'] as const)
    it(`leaves the old ${format} of a matrix`, async function () {
      const disk = smallDisk(this);
      const file = path.join(disk, `a.${format}`);
      writeFileSync(file, 'before');
      const call = jobCaller(nodeFiles);
      const { source } = await call('checkpoint/open', { path: matrixFile() });
      writeFileSync(path.join(disk, 'ballast'), new Uint8Array(BALLAST_BYTES));
      const params = { source, matrix: { kind: 'entries', name: 'w' }, format, path: file } as const;
      await assert.rejects(call('matrix/write', params), refusal(/the disk is full/));
      assert.equal(readFileSync(file, 'utf8'), 'before');
      assert.deepEqual(readdirSync(disk).sort(), [`a.${format}`, 'ballast']);
      await call.closeAll();
    });

  it('keeps the error of whoever fills the file, a read error included', async () => {
    const file = write('a', 'before');
    const read = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
    await assert.rejects(
      writeAtomically(file, () => Promise.reject(read)),
      read,
    );
    assert.deepEqual(readdirSync(folder), ['a']);
  });
});

describe('a small file that the host saves', () => {
  it('is written by the worker, with the same rules', async () => {
    const call = jobCaller(nodeFiles);
    const bytes = new TextEncoder().encode('after');
    await call('file/write', { path: inFolder('a.png'), bytes });
    assert.equal(readFileSync(inFolder('a.png'), 'utf8'), 'after');
    const file = write('b.csv', 'before', 0o444);
    await assert.rejects(call('file/write', { path: file, bytes }), refusal(/read-only/));
  });
});
