// Installs locked packages with the npm that runs this script. Uses only Node built-ins, so it works before anything is
// installed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

// Install scripts of dependencies may download binaries from anywhere, and none of our dependencies needs one.
const INSTALL_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false', '--loglevel=error'];

/**
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, node?: string, quiet?: boolean }} options `node` runs npm itself
 * @returns {Promise<void>} rejects with npm's own message if it fails
 */
export function npm(args, { cwd, env = process.env, node = process.execPath, quiet = false }) {
  const cli = process.env.npm_execpath;
  const knownCli = cli !== undefined && /npm-cli\.c?js$/.test(cli);
  const [command, prefix] = knownCli ? [node, [cli]] : ['npm', []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...prefix, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Windows has npm as a .cmd file, which only a shell can start.
      shell: !knownCli && process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (!quiet) process.stderr.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`npm ${args.join(' ')} failed in ${cwd} (exit ${code})${quiet ? `\n${output}` : ''}`));
    });
  });
}

/** @param {string} directory a folder with package.json and package-lock.json */
export function installLocked(directory, extraFlags = []) {
  return npm(['ci', '--include=dev', ...INSTALL_FLAGS, ...extraFlags], { cwd: directory });
}

/** Installs a package's shrinkwrapped dependencies, without development and optional ones. */
export function installShrinkwrapped(directory) {
  // Peer dependencies are ignored, because shrinkwraps written by a lenient npm do not list them.
  return npm(['ci', '--omit=dev', '--omit=optional', '--legacy-peer-deps', ...INSTALL_FLAGS], { cwd: directory });
}

/**
 * Whether node_modules matches the lock file, according to npm's record of the installation. Packages for other
 * platforms may be missing.
 * @param {string} directory
 */
export function isInstalled(directory) {
  const recordFile = path.join(directory, 'node_modules/.package-lock.json');
  if (!existsSync(recordFile)) return false;
  const wanted = JSON.parse(readFileSync(path.join(directory, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(recordFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([where, entry]) => where === '' || entry.optional || entry.peer || installed[where]?.version === entry.version,
  );
}
