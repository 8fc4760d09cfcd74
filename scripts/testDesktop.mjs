// Runs the integration tests in desktop VS Code, which @vscode/test-electron downloads. Needs a network.
import { cpSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { inRoot, root, sampleWorkspace, scratch } from './lib/paths.mjs';
import { runScript } from './lib/run.mjs';

const directory = path.join(scratch, 'desktop');
const workspace = path.join(directory, 'workspace');
rmSync(directory, { recursive: true, force: true });
cpSync(sampleWorkspace, workspace, { recursive: true });
if (!(await runScript('scripts/buildTests.mjs')).ok) process.exit(1);
await runTests({
  extensionDevelopmentPath: root,
  extensionTestsPath: inRoot('out/test/integration/index.js'),
  launchArgs: [
    workspace,
    '--disable-extensions',
    '--disable-workspace-trust',
    `--user-data-dir=${path.join(directory, 'user')}`,
    `--extensions-dir=${path.join(directory, 'extensions')}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
});
