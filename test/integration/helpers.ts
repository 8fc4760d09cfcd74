import * as vscode from 'vscode';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly customEditors: readonly { readonly viewType: string }[];
  };
}

const EXTENSION_ID = 'peft-inspector.peft-inspector';

export function manifest(): Manifest {
  return extension().packageJSON as Manifest;
}

export function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(EXTENSION_ID);
  if (!found) throw new Error(`${EXTENSION_ID} is not installed`);
  return found;
}

/** A file of the sample workspace. */
export function sampleFile(...segments: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('the tests run on the sample workspace, and no folder is open');
  return vscode.Uri.joinPath(folder.uri, ...segments);
}

/** Waits until `probe` returns a value, for changes in VS Code that have no event. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`did not happen within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The input of the active tab. */
export function activeInput(): unknown {
  return vscode.window.tabGroups.activeTabGroup.activeTab?.input;
}

export async function closeAllEditors(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

const TEMPORARY = 'temporary';

/** Writes a file into the workspace. `deleteTemporaryFiles` deletes it, because under F5 the workspace is no copy. */
export async function temporaryFile(name: string, bytes: Uint8Array): Promise<vscode.Uri> {
  const uri = sampleFile(TEMPORARY, name);
  await vscode.workspace.fs.writeFile(uri, bytes);
  return uri;
}

export async function deleteTemporaryFiles(): Promise<void> {
  await vscode.workspace.fs.delete(sampleFile(TEMPORARY), { recursive: true });
}
