import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { closeAllEditors, eventually, sampleFile } from './helpers';

/** The text of all hovers at this property of the sample adapter's config. */
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

  it("explains the rank with the adapter's parameters", async () => {
    assert.match(await hoverAt('r'), /294,912/);
  });

  it('explains alpha with the scaling', async () => {
    // Alpha 16 divided by rank 8.
    assert.match(await hoverAt('lora_alpha'), /\b2\b/);
  });

  it('names the modules that the targets match', async () => {
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
