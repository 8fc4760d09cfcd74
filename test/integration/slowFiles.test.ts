import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, eventually, sampleFile } from './helpers';
import { currentWorker, recordWorkers } from './recordedWorkers';

const SCHEME = 'peft-slow';
const DELAY_MS = 200;
const ADAPTER = 'gpt-neo-movies-lora';

recordWorkers();

/** The sample workspace, every call of which takes 200 ms, or until `resume` while it is paused. */
class SlowFiles implements vscode.FileSystemProvider {
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;
  /** Paths that were asked for since the pause. */
  readonly waiting: string[] = [];
  private paused: Promise<void> | null = null;
  private release = (): void => undefined;

  pause(): void {
    this.paused = new Promise((resolve) => (this.release = resolve));
  }

  resume(): void {
    this.paused = null;
    this.release();
    this.waiting.length = 0;
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    await this.delay(uri);
    return vscode.workspace.fs.stat(onDisk(uri));
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    await this.delay(uri);
    return vscode.workspace.fs.readDirectory(onDisk(uri));
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    await this.delay(uri);
    return vscode.workspace.fs.readFile(onDisk(uri));
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  createDirectory(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  writeFile(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  delete(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  private async delay({ path }: vscode.Uri): Promise<void> {
    if (this.paused) this.waiting.push(path);
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    await this.paused;
  }
}

const onDisk = (uri: vscode.Uri): vscode.Uri => sampleFile(uri.path.slice(1));
const slow = (file: string): vscode.Uri => vscode.Uri.from({ scheme: SCHEME, path: `/${ADAPTER}/${file}` });
const count = (method: string): number =>
  currentWorker()?.answered.filter((answered) => answered === method).length ?? 0;

describe('a slow file system', () => {
  const files = new SlowFiles();
  let registration: vscode.Disposable;

  before(() => {
    registration = vscode.workspace.registerFileSystemProvider(SCHEME, files, { isReadonly: true });
  });
  afterEach(async () => {
    files.resume();
    await closeAllEditors();
  });
  after(() => registration.dispose());

  it('shows and measures an adapter', async () => {
    const before = count('lora/metrics');
    const failures = currentWorker()?.failures.length ?? 0;
    await vscode.commands.executeCommand('vscode.openWith', slow('adapter_model.safetensors'), 'peft.inspector');
    await eventually('the modules are measured', () => count('lora/metrics') > before);
    assert.deepEqual(currentWorker()?.failures.slice(failures), []);
  });

  it('checks a config that it opens', async () => {
    const document = await vscode.workspace.openTextDocument(slow('adapter_config.json'));
    await vscode.window.showTextDocument(document);
    await eventually('a lens', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        20,
      );
      return found.some(({ command }) => /294,912/.test(command?.title ?? ''));
    });
  });

  it('holds up no file on the disk while it does not answer, and its own tab can be closed', async () => {
    files.pause();
    await vscode.commands.executeCommand('vscode.openWith', slow('adapter_model.safetensors'), 'peft.inspector');
    await eventually('the slow file is asked for', () =>
      files.waiting.some((path) => path.endsWith('adapter_model.safetensors')),
    );
    const before = count('lora/metrics');
    await vscode.commands.executeCommand('vscode.open', sampleFile(ADAPTER, 'adapter_model.safetensors'));
    await eventually('the file on the disk is measured', () => count('lora/metrics') > before);
    await closeAllEditors();
    assert.equal(activeInput(), undefined);

    // The late reply belongs to a closed tab. The next tab asks again.
    files.resume();
    const measured = count('lora/metrics');
    await vscode.commands.executeCommand('vscode.openWith', slow('adapter_model.safetensors'), 'peft.inspector');
    await eventually('the slow file is measured', () => count('lora/metrics') > measured);
  });
});
