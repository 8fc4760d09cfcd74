// The library for the scripts of the lab, bundled from the sources as they are now.
import { createRequire } from 'node:module';
import * as esbuild from 'esbuild';
import { buildKernels } from '../kernels.mjs';
import { inRoot, root } from '../lib/paths.mjs';

/** @returns {Promise<typeof import('../../src/library')>} */
export async function labLibrary() {
  await buildKernels();
  // A name per process, so that a script that runs for hours is not changed by another one.
  const outfile = inRoot('out/lab', `library-${process.pid}.cjs`);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['src/library.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  return createRequire(import.meta.url)(outfile);
}
