// The environment of the end-to-end tests and the screenshots: the .vsix that users get, a new profile, and a copy of
// the sample workspace. test/e2e/workbench.ts reads the PEFT_E2E_* variables.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { browserOptions, ensureChromium } from './chromium.mjs';
import { ensureEmbeddedVscode } from './embeddedVscode.mjs';
import { inRoot, sampleWorkspace, scratch } from './paths.mjs';
import { INTERRUPTED, stopFamiliesOnExit } from './processes.mjs';
import { runScript } from './run.mjs';
import { installVsix, prepareProfile, startServer } from './vscodeServer.mjs';

/** Folders are not trusted, and no dialog asks about them. */
const RESTRICTED = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

/**
 * @param {string} name the stage's folder in .embedded
 * @param {Record<string, unknown>} settings VS Code settings
 * @param {{ packed?: boolean, restricted?: boolean, execArgv?: string[], env?: NodeJS.ProcessEnv }} options `packed`
 * takes the last package instead of a new one; the others are those of `startServer`
 */
export async function startStage(name, settings = {}, { packed = false, ...options } = {}) {
  stopFamiliesOnExit(INTERRUPTED);
  const directory = path.join(scratch, name);
  rmSync(directory, { recursive: true, force: true });
  const profile = prepareProfile(directory, { ...settings, ...(options.restricted && RESTRICTED) });
  const workspace = path.join(directory, path.basename(sampleWorkspace));
  const pictures = path.join(directory, 'pictures');
  mkdirSync(pictures);
  cpSync(sampleWorkspace, workspace, { recursive: true });

  const vsix = inRoot('out/peft-inspector.vsix');
  if (!(packed || process.argv.includes('--packed')) || !existsSync(vsix)) {
    if (!(await runScript('scripts/build.mjs')).ok) process.exit(1);
    if (!(await runScript('scripts/package.mjs', ['--no-build', '--quiet'])).ok) process.exit(1);
  }
  const [vscode, chromium] = [await ensureEmbeddedVscode(), await ensureChromium()];
  await installVsix(vscode, profile, vsix);
  const server = await startServer(vscode, { profile, ...options });
  Object.assign(process.env, {
    PEFT_E2E_ADDRESS: server.address,
    PEFT_E2E_SERVER: String(server.child.pid),
    PEFT_E2E_WORKSPACE: workspace,
    PEFT_E2E_PICTURES: pictures,
    PEFT_E2E_BROWSER: JSON.stringify(browserOptions(chromium)),
  });
  return { workspace, pictures, log: server.log, pid: server.child.pid, stop: server.stop };
}
