import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { FileAccess } from '../../../src/checkpoint/fileAccess';
import { nodeFiles } from '../../../src/files/nodeFile';
import { fileOf, tensorField } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

describe('a cancelled opening', () => {
  const { CompressionStream } = globalThis;
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'))));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => void Object.assign(globalThis, { CompressionStream }));

  it('leaves no open file and no unknown source if its description is being packed', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => [
      `model.layers.${i}.mlp.up_proj.weight`,
      tensorField('F32', [0, 4], 0, 0),
    ]);
    const file = path.join(folder, 'many.safetensors');
    writeFileSync(file, fileOf(Object.fromEntries(names)));
    const open = { files: 0 };
    const counting: FileAccess = {
      ...nodeFiles,
      async open(location, signal) {
        const opened = await nodeFiles.open(location, signal);
        const { source } = opened;
        open.files++;
        const close = async (): Promise<void> => {
          open.files--;
          await source.close();
        };
        return { ...opened, source: { size: source.size, read: (...range) => source.read(...range), close } };
      },
    };
    const controller = new AbortController();
    class Cancelling extends CompressionStream {
      constructor(format: CompressionFormat) {
        super(format);
        controller.abort(new Error('no longer wanted'));
      }
    }
    Object.assign(globalThis, { CompressionStream: Cancelling });
    const call = jobCaller(counting);
    await assert.rejects(call('checkpoint/open', { path: file }, controller.signal), /no longer wanted/);
    assert.equal(open.files, 0);
    await assert.rejects(call('source/close', { source: 1 }), { code: 'NotFound' });
  });
});
