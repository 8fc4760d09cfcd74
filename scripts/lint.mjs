// Lints every file with eslint and Prettier, and finds unused files, exports and dependencies with knip.
import { spawn } from 'node:child_process';
import { inRoot, root } from './lib/paths.mjs';

const linters = [
  [inRoot('node_modules/eslint/bin/eslint.js'), '.', '--max-warnings', '0'],
  [inRoot('node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  [inRoot('node_modules/knip/bin/knip.js'), '--no-progress'],
];

/** @param {string[]} args @returns {Promise<boolean>} whether it found nothing; the output is printed in one piece */
function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      if (output.trim()) console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(linters.map(run));
if (!results.every(Boolean)) process.exit(1);
