import * as vscode from 'vscode';
import { isRemote, normaliseRemote, remoteNames } from '../checkpoint/remoteLocation';

/** The scheme of the URI of a file on a server. The query is its address; the path names the tab. */
const SCHEME = 'peft-remote';

/** The key under which the last address is stored. */
const LAST_ADDRESS = 'peft.lastAddress';

function remoteUri(location: string): vscode.Uri {
  const { name, folder } = remoteNames(location);
  return vscode.Uri.from({ scheme: SCHEME, path: `/${folder}/${name}`, query: location });
}

/** The normalised address in a `remoteUri`; `null` for other URIs. Throws if the address is invalid. */
export function remoteLocation(uri: vscode.Uri): string | null {
  return uri.scheme === SCHEME ? normaliseRemote(uri.query) : null;
}

/**
 * The addresses that the user asked to download since the window was loaded. An editor that VS Code restores, or that
 * another extension opens, waits for a click.
 */
export class AskedAddresses {
  private readonly asked = new Set<string>();
  private readonly added = new vscode.EventEmitter<string>();
  readonly onAdd = this.added.event;

  has(location: string): boolean {
    return this.asked.has(location);
  }

  add(location: string): void {
    this.asked.add(location);
    this.added.fire(location);
  }
}

/** "PEFT: Open from URL or Hugging Face...". */
export async function openFromAddress(state: vscode.Memento, asked: AskedAddresses): Promise<void> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Open from URL or Hugging Face'),
    prompt: vscode.l10n.t(
      'hf://owner/repo/file, hf://owner/repo@revision/file, a link from huggingface.co, or https://…',
    ),
    placeHolder: 'hf://owner/repo/adapter_model.safetensors',
    value: state.get<string>(LAST_ADDRESS) ?? '',
    ignoreFocusOut: true,
    validateInput: (typed) => (typed.trim() === '' ? null : fault(typed)),
  });
  if (text === undefined || text.trim() === '' || fault(text) !== null) return;
  const location = normaliseRemote(text);
  // A query may be a signature, which must not be stored.
  await state.update(LAST_ADDRESS, location.startsWith('hf:') ? location : location.replace(/\?.*$/s, ''));
  asked.add(location);
  await vscode.commands.executeCommand('vscode.openWith', remoteUri(location), 'peft.inspector');
}

function fault(text: string): string | null {
  try {
    if (!isRemote(text)) return vscode.l10n.t('Expected an address that begins with hf://, https:// or http://');
    normaliseRemote(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
