import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, eventually, sampleFile } from './helpers';
import { currentWorker, recordWorkers } from './recordedWorkers';
import type { RecordedWorker } from './recordedWorkers';

const ADAPTER = ['gpt-neo-movies-lora', 'adapter_model.safetensors'];

/** Reading 4 GiB takes seconds, and more on a busy machine. */
const PATIENCE_MS = 60_000;

const large = path.join(tmpdir(), `peft-inspector-worker-${process.pid}.safetensors`);

recordWorkers();

const count = (methods: readonly string[]): number => methods.filter((method) => method === 'tile/read').length;
const measured = (): number => currentWorker()?.answered.filter((method) => method === 'lora/metrics').length ?? 0;

/** Writes a sparse file of one matrix of 4 GiB. Its overview takes long enough that tiles are on their way. */
function writeMatrix(file: string): void {
  const shape = [2 ** 15, 2 ** 16] as const;
  const length = 2 * shape[0] * shape[1];
  const header = Buffer.from(JSON.stringify({ w: { dtype: 'BF16', shape, data_offsets: [0, length] } }));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([prefix, header]));
  truncateSync(file, 8 + header.length + length);
}

describe('the worker', () => {
  afterEach(closeAllEditors);
  after(() => rmSync(large, { force: true }));

  it('is replaced after it died, and an open inspector continues with the next one', async () => {
    const before = measured();
    await vscode.commands.executeCommand('vscode.open', sampleFile(...ADAPTER));
    const first = await eventually('a worker has measured the adapter', () => measured() > before && currentWorker());
    const ended = once(first.worker, 'exit');
    await first.worker.terminate();
    await ended;

    // A hidden view is created again when it is shown, and then asks for all that it shows. The source is the same.
    await vscode.commands.executeCommand('vscode.open', sampleFile('gpt-neo-movies-lora', 'adapter_config.json'));
    await eventually('the text is on top', () => activeInput() instanceof vscode.TabInputText);
    await vscode.commands.executeCommand('vscode.open', sampleFile(...ADAPTER));
    const second = await eventually('another worker has opened and measured it', () => {
      const worker = currentWorker();
      return worker !== first && measured() > 0 && worker;
    });
    assert.ok(second.answered.includes('checkpoint/open'));
    assert.deepEqual(second.failures, []);
  });

  it('is replaced after it died while tiles were read, and shows them then', async function () {
    this.timeout(2 * PATIENCE_MS);
    writeMatrix(large);
    const uri = vscode.Uri.file(large);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'peft.inspector');
    const first = await eventually('a tile is on its way', () => {
      const worker = currentWorker();
      return worker && count(worker.asked) > count(worker.answered) && worker;
    });
    const ended = once(first.worker, 'exit');
    await first.worker.terminate();
    await ended;

    await vscode.commands.executeCommand('vscode.open', sampleFile('gpt-neo-movies-lora', 'adapter_config.json'));
    await eventually('the text is on top', () => activeInput() instanceof vscode.TabInputText);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'peft.inspector');
    const isNext = (): RecordedWorker | undefined | false => {
      const worker = currentWorker();
      return worker !== first && worker && count(worker.answered) > 0 && worker;
    };
    const second = await eventually('another worker reads the tiles', isNext, PATIENCE_MS);
    assert.deepEqual(second.failures, []);
  });
});
