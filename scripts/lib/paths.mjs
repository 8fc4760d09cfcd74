import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Everything that the embedded VS Code and the tests write: profiles, logs, an unpacked browser. Never committed. */
export const scratch = path.join(root, '.embedded');

export const sampleWorkspace = path.join(root, 'sample-workspace');

/** @param {string[]} parts @returns {string} an absolute path inside the repository */
export const inRoot = (...parts) => path.join(root, ...parts);
