import { spawn } from 'node:child_process';
import { inRoot, root } from './paths.mjs';

/** @typedef {{ ok: boolean, counts: import('./counts.mjs').Counts | null, output: string }} Outcome */

/**
 * Runs a script of this folder, or a module's command line, in a separate process.
 * @param {string} script path from the root of the repository
 * @param {string[]} args
 * @param {{ stdout?: 'inherit' | 'pipe' | 2 }} options where the output goes: to this process's output, into `output`
 * of the outcome, or to this process's error stream
 * @returns {Promise<Outcome>} `counts` are those that the script reported
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
