import { spawn } from 'node:child_process';
import { inRoot, root } from './paths.mjs';

/** @typedef {{ ok: boolean, counts: import('./counts.mjs').Counts | null, output: string }} Outcome */

/**
 * Runs one of the scripts in this folder, or a module's command line, in a process of its own.
 * @param {string} script path from the root of the repository
 * @param {string[]} args
 * @param {{ stdout?: 'inherit' | 'pipe' | 2 }} options where what it prints goes: on, into the outcome's `output`, or
 * to this process's error stream
 * @returns {Promise<Outcome>} `counts` as the script reported them
 */
export function runScript(script, args = [], { stdout = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const stderr = stdout === 'pipe' ? 'pipe' : 'inherit';
    const child = spawn(process.execPath, [inRoot(script), ...args], {
      cwd: root,
      stdio: ['ignore', stdout, stderr, 'ipc'],
    });
    let counts = null;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('message', (message) => (counts = message));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, counts, output }));
  });
}
