import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { activeInput, closeAllEditors, deleteTemporaryFiles, eventually, sampleFile, temporaryFile } from './helpers';

const VIEW_TYPE = 'peft.inspector';
const ADAPTER = ['gpt-neo-movies-lora', 'adapter_model.safetensors'];

describe('the inspector', () => {
  afterEach(closeAllEditors);
  after(deleteTemporaryFiles);

  it('opens a .safetensors file', async () => {
    await vscode.commands.executeCommand('vscode.open', sampleFile(...ADAPTER));
    const input = await eventually('an editor opens', activeInput);
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, VIEW_TYPE);
    assert.equal(input.uri.toString(), sampleFile(...ADAPTER).toString());
  });

  it('opens a .gguf file', async () => {
    const uri = await temporaryFile('model.gguf', new TextEncoder().encode('GGUF'));
    await vscode.commands.executeCommand('vscode.open', uri);
    const input = await eventually('an editor opens', activeInput);
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, VIEW_TYPE);
  });

  it('opens the index of a sharded checkpoint only on request', async () => {
    const uri = await temporaryFile('model.safetensors.index.json', new TextEncoder().encode('{"weight_map": {}}'));
    await vscode.commands.executeCommand('vscode.open', uri);
    const text = await eventually('an editor opens', activeInput);
    assert.ok(text instanceof vscode.TabInputText);
    await vscode.commands.executeCommand('peft.inspectFile', uri);
    const input = await eventually('the inspector opens', () => {
      const active = activeInput();
      return active instanceof vscode.TabInputCustom ? active : undefined;
    });
    assert.equal(input.viewType, 'peft.indexInspector');
  });

  it('opens one file in two editors side by side', async () => {
    await vscode.commands.executeCommand('vscode.openWith', sampleFile(...ADAPTER), VIEW_TYPE);
    await vscode.commands.executeCommand(
      'vscode.openWith',
      sampleFile(...ADAPTER),
      VIEW_TYPE,
      vscode.ViewColumn.Beside,
    );
    await eventually('both are open', () => {
      const inputs = vscode.window.tabGroups.all.map(({ activeTab }) => activeTab?.input);
      return inputs.length === 2 && inputs.every((input) => input instanceof vscode.TabInputCustom);
    });
  });

  for (const [what, bytes] of [
    ['an empty file', new Uint8Array()],
    ['a truncated file', Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0, 123)],
    [
      'a Git LFS pointer',
      new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n'),
    ],
  ] as const) {
    it(`opens ${what}, as a page that can say why it is unsupported`, async () => {
      const uri = await temporaryFile('broken.safetensors', bytes);
      await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
      const input = await eventually('an editor opens', activeInput);
      assert.ok(input instanceof vscode.TabInputCustom);
      assert.equal(input.viewType, VIEW_TYPE);
    });
  }

  it('opens the adapter that the tree passes to the command', async () => {
    const [weights, config] = [sampleFile(...ADAPTER), sampleFile('gpt-neo-movies-lora', 'adapter_config.json')];
    await vscode.commands.executeCommand('peft.openAdapter', {
      weights,
      config,
      pickle: null,
      name: 'x',
      folder: 'x',
      method: '',
      baseModel: '',
    });
    const input = await eventually('an editor opens', activeInput);
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.uri.toString(), weights.toString());
  });
});

describe('the demo', () => {
  afterEach(closeAllEditors);

  it('opens in its own editor, and a second run replaces it', async () => {
    for (let run = 0; run < 2; run++) {
      await vscode.commands.executeCommand('peft.runDemo');
      const input = await eventually('an editor opens', activeInput);
      assert.ok(input instanceof vscode.TabInputWebview);
    }
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 1);
  });
});
