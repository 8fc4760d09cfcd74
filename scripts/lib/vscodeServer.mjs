// Starts the embedded VS Code on a local port, with its own profile folder.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import * as path from 'node:path';
import { spawnFamily, stopFamily } from './processes.mjs';

const HOST = '127.0.0.1';
// A cold start reads some 100 MB from disk. This is many times its duration.
const START_TIMEOUT_MS = 60_000;

/** Quiet defaults: nothing that uses the network, opens by itself, or covers the views under test. */
const SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  // Every server that a terminal starts would otherwise be forwarded, with a message.
  'remote.autoForwardPorts': false,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** @typedef {ReturnType<typeof prepareProfile>} Profile */

/**
 * Creates the folders of a profile if they are missing. Settings that the user changed are kept.
 * @param {string} directory
 * @param {Record<string, unknown>} settings override the quiet defaults
 */
export function prepareProfile(directory, settings = {}) {
  const profile = {
    directory,
    data: path.join(directory, 'data'),
    user: path.join(directory, 'user'),
    extensions: path.join(directory, 'extensions'),
    cache: path.join(directory, 'cache'),
  };
  mkdirSync(path.join(profile.user, 'User'), { recursive: true });
  for (const folder of [profile.data, profile.extensions, profile.cache]) mkdirSync(folder, { recursive: true });
  const file = path.join(profile.user, 'User/settings.json');
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ ...SETTINGS, ...settings }, null, 2)}\n`);
  return profile;
}

const folderFlags = (profile) => [
  '--server-data-dir',
  profile.data,
  '--user-data-dir',
  profile.user,
  '--extensions-dir',
  profile.extensions,
  '--accept-server-license-terms',
];

/** @param {import('./embeddedVscode.mjs').EmbeddedVscode} vscode */
export function installVsix(vscode, profile, vsix) {
  return new Promise((resolve, reject) => {
    const args = [vscode.serverMain, ...folderFlags(profile), '--install-extension', vsix, '--force'];
    const child = spawn(vscode.node, args, { env: environment(profile), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && /successfully installed/.test(output)) resolve();
      else reject(new Error(`VS Code could not install ${vsix} (exit ${code}):\n${output}`));
    });
  });
}

/**
 * @param {import('./embeddedVscode.mjs').EmbeddedVscode} vscode
 * @param {{ profile: Profile, port?: number, testDriver?: boolean, restricted?: boolean, execArgv?: string[],
 * env?: NodeJS.ProcessEnv }} options `testDriver` lets the address name an extension under development and its tests;
 * `restricted` opens folders in Restricted Mode; `execArgv` are options of Node, which the extension host gets too
 */
export async function startServer(vscode, options) {
  const { profile, port, testDriver = false, restricted = false, execArgv = [], env = {} } = options;
  const chosenPort = await freePort(port);
  const args = [
    ...execArgv,
    vscode.serverMain,
    '--host',
    HOST,
    '--port',
    String(chosenPort),
    // The port is open to this machine only.
    '--without-connection-token',
    '--telemetry-level',
    'off',
    ...(restricted ? [] : ['--disable-workspace-trust']),
    ...folderFlags(profile),
    ...(testDriver ? ['--enable-smoke-test-driver'] : []),
  ];
  const log = path.join(profile.directory, 'server.log');
  const child = spawnFamily(vscode.node, args, {
    env: { ...environment(profile), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const sink = createWriteStream(log);
  child.stdout.pipe(sink, { end: false });
  child.stderr.pipe(sink, { end: false });

  const address = `http://${HOST}:${chosenPort}`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  let failure = null;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure ??= `it ended with ${signal ?? `exit ${code}`}`));
  while (!(await answers(address))) {
    if (Date.now() > deadline) failure ??= `no answer within ${START_TIMEOUT_MS / 1000} s`;
    if (failure !== null) {
      await stopFamily(child);
      throw new Error(`VS Code's server did not start: ${failure}. Its log is ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { address, port: chosenPort, log, child, stop: () => stopFamily(child) };
}

async function answers(address) {
  try {
    return (await fetch(`${address}/version`)).ok;
  } catch {
    return false;
  }
}

/** The requested port, or any free one. */
function freePort(port = 0) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      reject(
        error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Leave out --port to get a free one.`) : error,
      );
    });
    probe.listen(port, HOST, () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}

function environment(profile) {
  // Files that VS Code stores outside its own folders go to the profile, not to the home folder.
  const env = { ...process.env, XDG_CACHE_HOME: profile.cache };
  // These variables of a VS Code terminal would make the new VS Code believe that it is a child of that one.
  for (const name of Object.keys(env)) if (/^(VSCODE_|ELECTRON_|npm_|NODE_)/.test(name)) delete env[name];
  // No marketplace, because VS Code would send it the list of extensions, and we promise not to use the network.
  return { ...env, EXTENSIONS_GALLERY: '{}' };
}
