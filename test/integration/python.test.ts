import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { closeAllEditors, deleteTemporaryFiles, eventually, sampleFile, temporaryFile } from './helpers';

const titlesOf = (lenses: readonly vscode.CodeLens[]): string[] =>
  lenses.map(({ command }) => command?.title ?? '').filter(Boolean);

/** The titles of a document's lenses, once it has some. */
async function lensesOf({ uri }: vscode.TextDocument): Promise<string[]> {
  return eventually('lenses', async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
    const titles = titlesOf(lenses ?? []);
    return titles.length > 0 && titles;
  });
}

async function hoverOn(document: vscode.TextDocument, word: string): Promise<string> {
  const position = document.positionAt(document.getText().indexOf(word) + 1);
  return eventually(`a hover on ${word}`, async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    return hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
  });
}

describe('Python', () => {
  afterEach(closeAllEditors);

  it('shows over each config what it trains on the loaded model', async () => {
    const document = await vscode.workspace.openTextDocument(sampleFile('train.py'));
    await vscode.window.showTextDocument(document);
    const titles = await lensesOf(document);
    assert.match(titles.join('\n'), /294,912 trainable · 0\.2350% of EleutherAI\/gpt-neo-125M/);
    assert.match(titles.join('\n'), /r is a parameter: not counted/);
    assert.match(titles.join('\n'), /trainable params: 294,912 \|\| all params: 125,493,504 \|\| trainable%: 0\.2350/);
  });

  it('explains a class and its arguments', async () => {
    const document = await vscode.workspace.openTextDocument(sampleFile('train.py'));
    assert.match(await hoverOn(document, 'LoraConfig(\n'), /\| `q_proj` \| 12 \| 8 \| 147,456 \|/);
    assert.match(await hoverOn(document, 'lora_alpha'), /Default `8`/);
  });

  it('counts unsaved text, and again when it changes', async () => {
    const document = await vscode.workspace.openTextDocument({
      language: 'python',
      content: 'from peft import LoraConfig\nc = LoraConfig(r=8, target_modules=["q_proj"])\n',
    });
    const editor = await vscode.window.showTextDocument(document);
    assert.match((await lensesOf(document))[0] ?? '', /^147,456 trainable/);
    const at = document.getText().indexOf('8');
    await editor.edit((edit) =>
      edit.replace(new vscode.Range(document.positionAt(at), document.positionAt(at + 1)), '16'),
    );
    assert.match((await lensesOf(document))[0] ?? '', /^294,912 trainable/);
  });

  it('has lenses and hovers in the cells of a notebook, which are one program', async () => {
    const cell = (text: string): vscode.NotebookCellData =>
      new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python');
    const cells = [
      cell('%pip install peft\nfrom peft import LoraConfig as LC\nrank = 4'),
      new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, 'LoraConfig(r=8)', 'markdown'),
      cell('c = LC(r=rank, target_modules=["q_proj"])'),
    ];
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData(cells));
    await vscode.window.showNotebookDocument(notebook);
    const document = notebook.cellAt(2).document;
    assert.match((await lensesOf(document))[0] ?? '', /^73,728 trainable/);
    assert.match(await hoverOn(document, 'LC'), /\*\*LoraConfig\*\*/);
  });

  it('has them in a notebook on the disk', async () => {
    const source = ['from peft import LoraConfig\n', 'LoraConfig(r=8, target_modules=["q_proj"])'];
    const ipynb = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { language_info: { name: 'python' } },
      cells: [{ cell_type: 'code', id: 'a', metadata: {}, outputs: [], execution_count: null, source }],
    };
    const uri = await temporaryFile('train.ipynb', new TextEncoder().encode(JSON.stringify(ipynb)));
    try {
      const notebook = await vscode.workspace.openNotebookDocument(uri);
      await vscode.window.showNotebookDocument(notebook);
      assert.match((await lensesOf(notebook.cellAt(0).document))[0] ?? '', /^147,456 trainable/);
    } finally {
      await closeAllEditors();
      await deleteTemporaryFiles();
    }
  });

  it('gets no lens if it sets up no adapter', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'python', content: 'print("r=8")\n' });
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      100,
    );
    assert.deepEqual(titlesOf(lenses ?? []), []);
  });

  it('marks a target that matches nothing, and fixes it', async () => {
    const document = await vscode.workspace.openTextDocument({
      language: 'python',
      content: 'from peft import LoraConfig\nc = LoraConfig(r=8, target_modules=["q_proj", "v_porj"])\n',
    });
    await vscode.window.showTextDocument(document);
    const diagnostic = await eventually('a diagnostic', () =>
      vscode.languages.getDiagnostics(document.uri).find(({ code }) => code === 'target-no-match'),
    );
    assert.equal(document.getText(diagnostic.range), '"v_porj"');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      diagnostic.range,
    );
    const fix = actions.find(({ edit }) => edit !== undefined);
    assert.ok(fix?.edit, 'a fix');
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /"v_proj"/);
    await eventually('the diagnostic goes', () => vscode.languages.getDiagnostics(document.uri).length === 0);
  });

  it('offers to choose the base model that was not found', async () => {
    const document = await vscode.workspace.openTextDocument({
      language: 'python',
      content: 'from peft import LoraConfig\nm = AutoModel.from_pretrained("nobody/nothing")\nc = LoraConfig(r=8)\n',
    });
    await vscode.window.showTextDocument(document);
    const titles = await lensesOf(document);
    assert.match(titles.join('\n'), /standing in for nobody\/nothing/);
    assert.ok(titles.includes('Choose the base model'), titles.join('\n'));
  });
});
