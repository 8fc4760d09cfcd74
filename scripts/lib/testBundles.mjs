// The test files of each runner, and how they are bundled.
import { readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import * as esbuild from 'esbuild';
import { buildKernels } from '../kernels.mjs';
import { inRoot, root } from './paths.mjs';

export const TEST_KINDS = ['unit', 'integration', 'e2e'];

/** @param {string} kind @returns {string[]} paths from the root of every *.test.ts in test/<kind> */
export function testFiles(kind) {
  return readdirSync(inRoot('test', kind), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => ['test', kind, ...file.split(path.sep)].join('/'))
    .sort();
}

/**
 * Bundles the tests of a kind, and `extra` entry points, to out/test/<kind>.
 * @returns {Promise<string[]>} the bundled test files
 */
export async function bundleTests(kind, extra = []) {
  await buildKernels();
  const files = testFiles(kind);
  const outdir = inRoot('out/test', kind);
  rmSync(outdir, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [...files, ...extra],
    outbase: `test/${kind}`,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    // The CommonJS builds of some packages cannot be bundled; their ES modules can.
    mainFields: ['module', 'main'],
    external: ['vscode', 'mocha', 'typescript', 'esbuild', 'playwright-core'],
    loader: { '.css': 'empty' },
    logLevel: 'warning',
  });
  return files.map((file) => path.join(outdir, path.relative(`test/${kind}`, file).replace(/\.ts$/, '.js')));
}
