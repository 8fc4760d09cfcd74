import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { nodeModelFiles } from '../../../src/files/nodeModelFiles';
import { readSmallText } from '../../../src/files/smallFile';
import { runCaptured } from '../cli/runCaptured';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string): string => path.join(folder, name);

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(inFolder(name), content);
  return inFolder(name);
}

/** A symbolic link to a file of the system; skips the test visibly on systems without that file. */
function linkTo(context: Mocha.Context, target: string, name = 'link'): string {
  if (!existsSync(target)) context.skip();
  symlinkSync(target, inFolder(name));
  return inFolder(name);
}

function pipe(context: Mocha.Context, name = 'pipe'): string {
  if (spawnSync('mkfifo', [inFolder(name)]).status !== 0) context.skip();
  return inFolder(name);
}

/** A regular file of size 0 by its status that never ends. */
const ENDLESS = '/proc/self/pagemap';
const LIMIT = 1000;
const limit = { limit: LIMIT };
const NOT_REGULAR = { name: 'CheckpointError', code: 'Unreadable', message: /is not a file but a/ };
const TOO_LARGE = { name: 'CheckpointError', code: 'TooLarge', message: /more than 1000 bytes/ };

describe('a small file', () => {
  it('is read whole, up to the limit to the byte', async () => {
    for (const size of [0, 1, LIMIT]) {
      assert.equal((await readSmallText(write('a', 'x'.repeat(size)), limit)).length, size);
    }
    await assert.rejects(readSmallText(write('a', 'x'.repeat(LIMIT + 1)), limit), TOO_LARGE);
  });

  it('is decoded as one text however many reads it takes, without a byte order mark', async () => {
    // Three bytes a character, so that the ends of reads fall inside of characters.
    const text = '€'.repeat(100_000);
    assert.equal(await readSmallText(write('a', `\ufeff${text}`), { limit: 1 << 20 }), text);
  });

  it('is refused by the bytes that come, not by the size in its status', async function () {
    const link = linkTo(this, ENDLESS);
    await assert.rejects(readSmallText(link, limit), TOO_LARGE);
    const sparse = write('sparse', '');
    truncateSync(sparse, 2 ** 40);
    await assert.rejects(readSmallText(sparse, limit), TOO_LARGE);
  });

  it('is refused if it is a directory', () => assert.rejects(readSmallText(folder, limit), NOT_REGULAR));

  it('is refused at once if it is a pipe without a writer', async function () {
    await assert.rejects(readSmallText(pipe(this), limit), NOT_REGULAR);
  });

  for (const device of ['/dev/zero', '/dev/null', '/dev/tty'])
    it(`is refused if it is the device ${device}`, async function () {
      await assert.rejects(readSmallText(linkTo(this, device), limit), NOT_REGULAR);
    });

  it('is named with the reason if it cannot be opened', async () => {
    await assert.rejects(readSmallText(inFolder('missing'), limit), { code: 'Unreadable', message: /no such file/ });
    symlinkSync(inFolder('loop'), inFolder('loop'));
    await assert.rejects(readSmallText(inFolder('loop'), limit), { code: 'Unreadable', message: /in a circle/ });
  });

  it('is refused after the deadline, and abandoned when cancelled', async () => {
    const file = write('a', '');
    truncateSync(file, 2 ** 29);
    await assert.rejects(readSmallText(file, { limit: 2 ** 30, deadlineMs: 0 }), {
      code: 'Unreadable',
      message: /cannot be read within 0 s/,
    });
    const cancelled = new AbortController();
    const reading = readSmallText(file, { limit: 2 ** 30, signal: cancelled.signal });
    cancelled.abort(new Error('closed'));
    await assert.rejects(reading, /closed/);
    await assert.rejects(readSmallText(file, { limit: 2 ** 30, signal: cancelled.signal }), /closed/);
  });
});

describe('weights', () => {
  it('are refused if they are a device or a pipe', async function () {
    await assert.rejects(nodeFiles.open(pipe(this)), NOT_REGULAR);
    await assert.rejects(nodeFiles.open(linkTo(this, '/dev/zero')), NOT_REGULAR);
    assert.equal(await nodeModelFiles.tensorShapes(inFolder('pipe'), LIMIT), null);
  });
});

describe('files that the planner reads', () => {
  it('are null beyond the limit, whatever their status says', async function () {
    const link = linkTo(this, ENDLESS);
    assert.equal((await nodeModelFiles.status(link, LIMIT))?.bytes, 0);
    assert.equal(await nodeModelFiles.readText(link, LIMIT), null);
    assert.equal(await nodeModelFiles.readText(pipe(this), LIMIT), null);
  });
});

describe('commands on files that never end', () => {
  for (const target of [ENDLESS, '/dev/zero', 'pipe'])
    it(`end with an error: ${target}`, async function () {
      const file = target === 'pipe' ? pipe(this) : linkTo(this, target);
      const good = 'test/fixtures/peft_saved/lora_default/adapter_config.json';
      for (const args of [
        ['budget', '--model', file, '--adapter', good],
        ['budget', '--model', 'llama-2-7b', '--adapter', file],
        ['budget', '--model', 'llama-2-7b', '--adapter', good, '--weights', file],
        ['memory', '--model', file, '--adapter', good],
        ['memory', '--model', 'llama-2-7b', '--adapter', file],
        ['inspect', file],
        ['check', file],
      ]) {
        const { status, stdout, stderr } = await runCaptured(args);
        assert.ok(status !== 0, args.join(' '));
        assert.equal(stdout, undefined, args.join(' '));
        assert.match(stderr!, /is not a file but a|more than \d+ bytes|header|empty/i, args.join(' '));
      }
    });
});
