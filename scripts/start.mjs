// `npm start [-- --embedded] [--port N] [--no-open] [folder]`: builds, and opens VS Code with the extension on the
// sample workspace. It uses desktop VS Code if `code` is on PATH, otherwise VS Code as a local web server
// (lib/embeddedVscode.mjs).
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureEmbeddedVscode } from './lib/embeddedVscode.mjs';
import { inRoot, root, sampleWorkspace, scratch } from './lib/paths.mjs';
import { spawnFamily, stopFamiliesOnExit } from './lib/processes.mjs';
import { runScript } from './lib/run.mjs';
import { installVsix, prepareProfile, startServer } from './lib/vscodeServer.mjs';

/** The sample workspace's README suggests what to try. */
const SETTINGS = { 'workbench.startupEditor': 'readme' };

const USAGE = `usage: npm start -- [--embedded] [--port N] [--no-open] [folder]
  --embedded  use the VS Code that npm ships, in the browser, even if desktop VS Code is installed
  --port N    port of the embedded VS Code; any free port by default
  --no-open   print the address of the embedded VS Code without opening a browser
  folder      the folder to open instead of the sample workspace`;

const { embedded, port, open, folder } = readArguments();
let stopping = false;
stopFamiliesOnExit(0, () => {
  stopping = true;
  console.log('\nStopping...');
});

if (!(await runScript('scripts/build.mjs')).ok) process.exit(1);
const code = embedded ? null : desktopCode();
if (code === null || !(await openDesktop(code))) await openEmbedded();

function readArguments() {
  const options = {
    embedded: { type: 'boolean', default: false },
    port: { type: 'string' },
    'no-open': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const number = values.port === undefined ? undefined : Number(values.port);
    if (number !== undefined && !(Number.isInteger(number) && number > 0 && number < 65536)) {
      throw new Error(`--port ${values.port}: expected a number from 1 to 65535`);
    }
    if (positionals.length > 1) throw new Error(`expected one folder at most, got ${positionals.join(' ')}`);
    return {
      embedded: values.embedded,
      port: number,
      open: !values['no-open'],
      folder: positionals[0] === undefined ? sampleWorkspace : path.resolve(positionals[0]),
    };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

/** The command of desktop VS Code, or `null`. In a remote window `code` can only reach that window. */
function desktopCode() {
  if (process.env.VSCODE_IPC_HOOK_CLI) return null;
  const names = process.platform === 'win32' ? ['code.cmd', 'code.exe'] : ['code'];
  for (const directory of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    for (const name of names) {
      try {
        accessSync(path.join(directory, name), constants.X_OK);
        return path.join(directory, name);
      } catch {
        continue;
      }
    }
  }
  return null;
}

/** Opens a window and waits until it is closed. Returns false if VS Code did not start. */
function openDesktop(command) {
  const profile = prepareProfile(path.join(scratch, 'desktop-start'), SETTINGS);
  const args = [
    `--extensionDevelopmentPath=${root}`,
    `--user-data-dir=${profile.user}`,
    `--extensions-dir=${profile.extensions}`,
    '--disable-workspace-trust',
    '--new-window',
    '--wait',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    folder,
  ];
  console.log(`Opening VS Code (${command}). \`npm start -- --embedded\` opens it in the browser instead.`);
  console.log('Press Ctrl+C to stop.');
  // code.cmd is a batch file, which only a shell can start, and its arguments must be quoted.
  const shell = process.platform === 'win32';
  const quote = (text) => (shell ? `"${text}"` : text);
  const child = spawnFamily(quote(command), args.map(quote), { stdio: ['ignore', 'inherit', 'inherit'], shell });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} did not start: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (status) => {
      if (stopping) return;
      if (status !== 0) console.error(`${command} ended with exit ${status}; opening VS Code in the browser instead.`);
      resolve(status === 0);
    });
  });
}

async function openEmbedded() {
  const vscode = await ensureEmbeddedVscode();
  if (!(await runScript('scripts/package.mjs', ['--no-build', '--quiet'])).ok) process.exit(1);
  const profile = prepareProfile(path.join(scratch, 'start'), SETTINGS);
  await installVsix(vscode, profile, inRoot('out/peft-inspector.vsix'));
  const server = await startServer(vscode, { profile, port });
  const address = `${server.address}/?folder=${encodeURI(folder)}`;
  console.log(`\nVS Code with PEFT Inspector: ${address}\nPress Ctrl+C to stop.`);
  if (open && hasDisplay()) openBrowser(address);
  server.child.once('exit', (status, signal) => {
    if (stopping) return;
    console.error(`VS Code's server ended (${signal ?? `exit ${status}`}); its log is ${server.log}`);
    process.exitCode = 1;
  });
}

function hasDisplay() {
  if (process.env.CI) return false;
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function openBrowser(address) {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(command, [address], { stdio: 'ignore', detached: true });
  // The address was printed, so a machine without the command loses nothing.
  child.once('error', () => {});
  child.unref();
}
