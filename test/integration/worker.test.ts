import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, eventually, sampleFile } from './helpers';
import { currentWorker, recordWorkers } from './recordedWorkers';

const ADAPTER = ['gpt-neo-movies-lora', 'adapter_model.safetensors'];

recordWorkers();

const measured = (): number => currentWorker()?.answered.filter((method) => method === 'lora/metrics').length ?? 0;

describe('the worker', () => {
  afterEach(closeAllEditors);

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
});
