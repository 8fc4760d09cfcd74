import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { closeAllEditors, eventually, sampleFile } from './helpers';

/** What all hovers at this property of the sample adapter's config say. */
async function hoverAt(property: string): Promise<string> {
  const document = await vscode.workspace.openTextDocument(sampleFile('gpt-neo-movies-lora', 'adapter_config.json'));
  await vscode.window.showTextDocument(document);
  const offset = document.getText().indexOf(`"${property}"`);
  assert.ok(offset >= 0, `no "${property}" in the config`);
  return eventually(`a hover at "${property}"`, async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(offset + 1),
    );
    return hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
  });
}

describe('hover in adapter_config.json', () => {
  afterEach(closeAllEditors);

  it('says what the rank makes of this adapter: its parameters', async () => {
    assert.match(await hoverAt('r'), /294,912/);
  });

  it('says what alpha makes of it: the scaling', async () => {
    // alpha 16 over rank 8.
    assert.match(await hoverAt('lora_alpha'), /\b2\b/);
  });

  it('says which modules the targets matched', async () => {
    const text = await hoverAt('target_modules');
    assert.match(text, /q_proj/);
    assert.match(text, /v_proj/);
    assert.match(text, /12/);
  });

  it('is silent in other JSON files', async () => {
    const document = await vscode.workspace.openTextDocument({
      language: 'json',
      content: '{ "r": 8, "lora_alpha": 16 }',
    });
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(0, 3),
    );
    assert.deepEqual(hovers, []);
  });
});
