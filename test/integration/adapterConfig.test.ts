import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { closeAllEditors, eventually, sampleFile } from './helpers';

async function openConfig(): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(sampleFile('gpt-neo-movies-lora', 'adapter_config.json'));
  return vscode.window.showTextDocument(document);
}

/** Changes only the text in the editor and saves nothing. */
async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const offset = document.getText().indexOf(from);
  assert.ok(offset >= 0, `${from} is in the config`);
  const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + from.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, to)));
  assert.ok(document.isDirty);
}

const codeOf = ({ code }: vscode.Diagnostic): unknown => (typeof code === 'object' ? code.value : code);

function ours(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'PEFT');
}

const findingOf = (uri: vscode.Uri, code: string): Promise<vscode.Diagnostic> =>
  eventually(`a diagnostic ${code}`, () => ours(uri).find((each) => codeOf(each) === code));

async function lensTitles(uri: vscode.Uri): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 20);
  return lenses.map(({ command }) => command?.title ?? '');
}

describe('adapter_config.json in the editor', () => {
  const autoSave = (value: string | undefined): Thenable<void> =>
    vscode.workspace.getConfiguration('files').update('autoSave', value, vscode.ConfigurationTarget.Global);
  // VS Code in a browser saves by itself.
  before(() => autoSave('off'));
  after(() => autoSave(undefined));
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await closeAllEditors();
  });

  it('shows above the file what it trains, and above the targets what each matches', async () => {
    const { document } = await openConfig();
    const titles = await eventually('the lenses', async () => {
      const found = await lensTitles(document.uri);
      return found.length >= 2 && found;
    });
    assert.match(titles.join('\n'), /294,912 trainable parameters, 0\.2350% of 125,493,504, file size 1\.19 MB/);
    assert.match(titles.join('\n'), /24 modules: v_proj 12, q_proj 12|24 modules: q_proj 12, v_proj 12/);
  });

  it('finds a misspelt target in unsaved text, and its quick fix corrects it', async () => {
    const editor = await openConfig();
    const { document } = editor;
    await eventually('no complaint about the file as it is', () =>
      ours(document.uri).every(({ severity }) => severity > vscode.DiagnosticSeverity.Warning),
    );
    await replace(editor, '"q_proj"', '"q_porj"');
    const diagnostic = await findingOf(document.uri, 'target-no-match');
    assert.equal(document.getText(diagnostic.range), '"q_porj"');
    assert.match(diagnostic.message, /Did you mean 'q_proj' \(12 modules\)/);

    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      diagnostic.range,
    );
    const fix = actions.find(({ title }) => title === "Change to 'q_proj'");
    assert.ok(fix?.edit, actions.map(({ title }) => title).join());
    assert.ok(fix.isPreferred);
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.getText(), /"q_proj"/);
    await eventually(
      'the diagnostic goes',
      () => !ours(document.uri).some((each) => codeOf(each) === 'target-no-match'),
    );
  });

  it('counts again as the rank is typed', async () => {
    const editor = await openConfig();
    await replace(editor, '"r": 8', '"r": 16');
    await eventually('twice the parameters', async () =>
      (await lensTitles(editor.document.uri)).some((title) => title.startsWith('589,824 ')),
    );
    const differs = await findingOf(editor.document.uri, 'rank-differs-from-weights');
    assert.match(differs.message, /holds rank 8 in 24 of 24 modules/);
  });

  it('says that a base model is not found, and offers to choose one', async () => {
    const editor = await openConfig();
    await replace(editor, 'EleutherAI/gpt-neo-125M', 'nobody/has-this');
    const diagnostic = await findingOf(editor.document.uri, 'base-not-found');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      editor.document.uri,
      diagnostic.range,
    );
    assert.ok(actions.some(({ command }) => command?.command === 'peft.chooseBaseModel'));
    const fetch = actions.find(({ command }) => command?.command === 'peft.getHubConfig');
    assert.deepEqual(fetch?.command?.arguments, ['nobody/has-this']);
    const titles = await eventually('a lens to choose one', async () => {
      const found = await lensTitles(editor.document.uri);
      return found.some((title) => /has-this was not found/.test(title)) && found;
    });
    assert.ok(
      titles.some((title) => /294,912 parameters in the weights/.test(title)),
      titles.join('\n'),
    );
  });

  it('leaves broken JSON to the editor and reports nothing false', async () => {
    const editor = await openConfig();
    await replace(editor, '"r": 8,', '"r": 0,,');
    await findingOf(editor.document.uri, 'rank-invalid');
    await eventually("the editor's own error", () =>
      vscode.languages.getDiagnostics(editor.document.uri).some(({ source }) => source !== 'PEFT'),
    );
  });

  it('completes the missing keys of the method, with explanations', async () => {
    const editor = await openConfig();
    const { document } = editor;
    await replace(editor, '"r": 8,', '"r": 8,\n  "kasa": 1,\n');
    const at = document.positionAt(document.getText().indexOf('"kasa"') + 3);
    const item = await eventually('kasa_config among the completions', async () => {
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        at,
        undefined,
        50,
      );
      const found = items.find(({ label }) => (typeof label === 'string' ? label : label.label) === 'kasa_config');
      return found?.documentation ? found : null;
    });
    const text = typeof item.documentation === 'string' ? item.documentation : (item.documentation?.value ?? '');
    assert.match(text, /KaSA/);
  });
});
