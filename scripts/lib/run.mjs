import { spawn } from 'node:child_process';
import { inRoot, root } from './paths.mjs';

/**
 * Runs one of the scripts in this folder, or a module's command line, in a process of its own.
 * @param {string} script path from the root of the repository
 * @param {string[]} args
 * @param {{ stdout?: 'inherit' | 2 }} options where its output goes; 2 is this process's error stream
 * @returns {Promise<{ ok: boolean, counts: import('./counts.mjs').Counts | null }>} `counts` as the script reported them
 */
export function runScript(script, args = [], { stdout = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRoot(script), ...args], { cwd: root, stdio: ['ignore', stdout, 'inherit', 'ipc'] });
    let counts = null;
    child.on('message', (message) => (counts = message));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, counts }));
  });
}
