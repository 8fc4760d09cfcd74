import { strict as assert } from 'node:assert';
import { scanAdapters, scanModels } from '../../../../src/planner/scan/scanConfigs';
import type { ScannedFile } from '../../../../src/protocol/scan';

/** Files in memory. `claimed` is the size that their status reports. */
class FakeFiles {
  readonly read: string[] = [];
  atOnce = 0;
  most = 0;
  private readonly texts = new Map<string, { readonly text: string; readonly claimed: number }>();

  add(path: string, text: string, claimed = text.length): ScannedFile {
    this.texts.set(path, { text, claimed });
    return path.includes(':') ? { uri: path } : { path };
  }

  readonly files = {
    status: async (path: string, maxBytes: number) => {
      const found = this.texts.get(path);
      return found && found.claimed <= maxBytes ? { bytes: found.claimed, stamp: `stamp of ${path}` } : null;
    },
    readText: async (path: string, maxBytes: number) => (await this.load(path, maxBytes))?.text ?? null,
  };

  readonly host = { readText: (uri: string, limit: number) => this.load(uri, limit) };

  private async load(path: string, limit: number): Promise<{ text: string; stamp: string } | null> {
    this.read.push(path);
    this.most = Math.max(this.most, ++this.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce--;
    const text = this.texts.get(path)?.text ?? null;
    return text === null || text.length > limit ? null : { text, stamp: `stamp of ${path}` };
  }
}

const { signal } = new AbortController();
const padded = (bytes: number): string => '{"model_type":"llama"}'.padEnd(bytes);

describe('the scan of configs', () => {
  it('answers in the order of the request, and one bad file costs only its own row', async () => {
    const disk = new FakeFiles();
    const files = [
      disk.add('/b', '{"model_type":"llama","_name_or_path":"b"}'),
      { path: '/missing' },
      disk.add('/c', '{'.repeat(5000)),
      disk.add('/a', '{"model_type":"gpt2"}'),
      disk.add('memfs:/d', '{"model_type":"t5","_name_or_path":"d"}'),
      { uri: 'memfs:/missing' },
    ];
    const { facts, unread } = await scanModels(disk, { files, maxBytes: 1 << 20 }, signal);
    assert.deepEqual(facts, [
      { ownName: 'b', stamp: 'stamp of /b' },
      null,
      null,
      { ownName: null, stamp: 'stamp of /a' },
      { ownName: 'd', stamp: 'stamp of memfs:/d' },
      null,
    ]);
    assert.equal(unread, 0);
  });

  it('reads small files first, stops at its budget and counts what it left out', async () => {
    const disk = new FakeFiles();
    const files = Array.from({ length: 20 }, (_, i) => disk.add(`/${i}`, padded(i < 10 ? 30_000 : 1000)));
    const { facts, unread, bytes } = await scanModels(disk, { files, maxBytes: 50_000 }, signal);
    assert.equal(unread, 9);
    assert.equal(facts.filter(Boolean).length, 11);
    assert.ok(facts.slice(10).every(Boolean));
    assert.ok(bytes <= 50_000);
    assert.equal(disk.read.length, 11);
  });

  it('pays for what a file has, not for what its status claims', async () => {
    const disk = new FakeFiles();
    const files = Array.from({ length: 40 }, (_, i) => disk.add(`/${i}`, padded(10_000), 0));
    const { unread } = await scanModels(disk, { files, maxBytes: 50_000 }, signal);
    // Four files that are read at the same time may exceed it together.
    assert.ok(disk.read.length <= 5 + 4, String(disk.read.length));
    assert.equal(unread, 40 - disk.read.length);
  });

  it('holds few files at a time, on disk and in the file systems of the editor', async () => {
    for (const scheme of ['', 'memfs:']) {
      const disk = new FakeFiles();
      const files = Array.from({ length: 50 }, (_, i) => disk.add(`${scheme}/${i}`, '{"peft_type":"LORA"}'));
      const { facts } = await scanAdapters(disk, { files, maxBytes: 1 << 20 }, signal);
      assert.equal(facts.filter((each) => each?.method === 'LORA').length, 50);
      assert.equal(disk.most, 4);
    }
  });

  it('ends when it is cancelled', async () => {
    const disk = new FakeFiles();
    const files = Array.from({ length: 50 }, (_, i) => disk.add(`/${i}`, padded(100)));
    const controller = new AbortController();
    const scan = scanModels(disk, { files, maxBytes: 1 << 20 }, controller.signal);
    controller.abort(new Error('no longer wanted'));
    await assert.rejects(scan, /no longer wanted/);
    assert.equal(disk.read.length, 0);
  });
});
