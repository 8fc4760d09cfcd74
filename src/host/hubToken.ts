import * as vscode from 'vscode';
import { isHubToken } from '../checkpoint/remoteLocation';

const KEY = 'peft.hubToken';

/** The user's token for the Hugging Face Hub, in the editor's secret storage. The worker sends it only to the Hub. */
export class HubToken {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  /** `null` if no token is set. */
  async get(): Promise<string | null> {
    const token = await this.secrets.get(KEY);
    return token !== undefined && isHubToken(token) ? token : null;
  }

  /** "PEFT: Set Hugging Face Token". */
  async set(): Promise<void> {
    const token = await vscode.window.showInputBox({
      title: vscode.l10n.t('Set Hugging Face Token'),
      prompt: vscode.l10n.t(
        'A token with read access, from huggingface.co/settings/tokens. ' +
          'VS Code keeps it in its secret storage, and it is sent only to huggingface.co.',
      ),
      placeHolder: 'hf_…',
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        text.trim() === '' || isHubToken(text.trim())
          ? null
          : vscode.l10n.t('A token consists of letters, digits and punctuation, without spaces.'),
    });
    if (token === undefined || token.trim() === '') return;
    await this.secrets.store(KEY, token.trim());
    void vscode.window.showInformationMessage(vscode.l10n.t('The Hugging Face token is set.'));
  }

  /** "PEFT: Forget Hugging Face Token". */
  async forget(): Promise<void> {
    await this.secrets.delete(KEY);
    void vscode.window.showInformationMessage(vscode.l10n.t('The Hugging Face token is deleted.'));
  }
}
