// Bundles the extension host, workers, library and command line with esbuild, and the webviews with webpack. `--watch`
// rebuilds both on changes.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import webpack from 'webpack';
import webpackConfig from '../webpack.config.mjs';
import { buildKernels } from './kernels.mjs';
import { BUNDLED_FILES } from './lib/notices.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const watch = process.argv.includes('--watch');

/** @type {esbuild.BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: !watch,
  keepNames: true,
  sourcemap: watch ? 'linked' : false,
  external: ['vscode'],
  // The CommonJS builds of some packages cannot be bundled; their ES modules can.
  mainFields: ['module', 'main'],
  // The texts contain more than ASCII, and an escape takes three times the bytes.
  charset: 'utf8',
  logLevel: 'warning',
  metafile: true,
};

/** The files that the bundles contain, relative to the root. @type {Set<string>} */
const bundled = new Set();

/**
 * The compiled kernels are a separate file that all threads share. Otherwise they would be half of what a thread reads.
 */
const kernelsApart = {
  name: 'kernels-apart',
  setup(build) {
    build.onResolve({ filter: /\/kernelBytes$/ }, () => ({ path: './kernels.js', external: true }));
  },
};

const APART = new Set(
  [
    'budget/architectures',
    'budget/presets',
    'budget/errors',
    'peftConfig/configTable',
    'peftConfig/errors',
    'peftConfig/matching',
  ].map((file) => path.join(root, 'src', file)),
);

/**
 * The module tables, the presets and PEFT's config classes are a separate file for both bundles of the planner, which
 * would contain 75 KB of them each. The error classes go with them, so that an error thrown by a table is an instance of the class that is caught, and the
 * matching of a request, so that all parts spend the same steps.
 */
const architecturesApart = {
  name: 'architectures-apart',
  setup(build) {
    build.onResolve(
      { filter: /\/(architectures|presets|configTable|errors|matching)$/ },
      ({ path: name, resolveDir }) =>
        APART.has(path.resolve(resolveDir, name)) ? { path: './architectures.js', external: true } : null,
    );
  },
};

/** Modules that a thread loads by `import()` when a file needs them, as bundles of their own. */
const LATE = new Map([
  [path.join(root, 'src/checkpoint/gguf/ggufHeader.js'), './gguf.js'],
  [path.join(root, 'src/matrices/openIndex.js'), './shards.js'],
  [path.join(root, 'src/checkpoint/packedWeights.js'), './packed.js'],
  [path.join(root, 'src/matrices/structuredProducts.js'), './products.js'],
  [path.join(root, 'src/matrices/overview/overviews.js'), './overviews.js'],
]);

const lateApart = {
  name: 'late-apart',
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ path: name, resolveDir, kind }) => {
      const bundle = kind === 'dynamic-import' ? LATE.get(path.resolve(resolveDir, name)) : undefined;
      return bundle ? { path: bundle, external: true } : null;
    });
  },
};

const bundles = [
  { entryPoints: ['src/tensor/engine/kernelBytes.ts'], outfile: 'dist/kernels.js', keepNames: false },
  // This code never reads the names of functions (errors state theirs), and the names are an eighth of a bundle.
  { entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', keepNames: false },
  {
    entryPoints: ['src/worker/main.ts'],
    outfile: 'dist/worker.js',
    keepNames: false,
    external: [...shared.external, './writers.js', './demo.js', './spectra.js', './findings.js', './base.js'],
    plugins: [kernelsApart, lateApart],
  },
  { entryPoints: ['src/checkpoint/gguf/ggufHeader.ts'], outfile: 'dist/gguf.js', keepNames: false },
  { entryPoints: ['src/matrices/openIndex.ts'], outfile: 'dist/shards.js', keepNames: false, plugins: [kernelsApart] },
  { entryPoints: ['src/checkpoint/packedWeights.ts'], outfile: 'dist/packed.js', keepNames: false },
  { entryPoints: ['src/worker/spectra.ts'], outfile: 'dist/spectra.js', keepNames: false, plugins: [kernelsApart] },
  { entryPoints: ['src/worker/findings.ts'], outfile: 'dist/findings.js', keepNames: false, plugins: [kernelsApart] },
  { entryPoints: ['src/worker/base.ts'], outfile: 'dist/base.js', keepNames: false, plugins: [kernelsApart] },
  { entryPoints: ['src/worker/demo.ts'], outfile: 'dist/demo.js', keepNames: false, plugins: [kernelsApart] },
  { entryPoints: ['src/worker/writers.ts'], outfile: 'dist/writers.js', keepNames: false },
  {
    entryPoints: ['src/matrices/structuredProducts.ts'],
    outfile: 'dist/products.js',
    keepNames: false,
    plugins: [kernelsApart],
  },
  { entryPoints: ['src/matrices/overview/overviews.ts'], outfile: 'dist/overviews.js', keepNames: false },
  { entryPoints: ['src/files/farFiles.ts'], outfile: 'dist/farFiles.js', keepNames: false },
  {
    entryPoints: ['src/planner/main.ts'],
    outfile: 'dist/planner.js',
    keepNames: false,
    external: [...shared.external, './pythonReader.js', './planReader.js'],
    plugins: [architecturesApart],
  },
  {
    entryPoints: ['src/planner/planReader.ts'],
    outfile: 'dist/planReader.js',
    keepNames: false,
    plugins: [architecturesApart],
  },
  { entryPoints: ['src/planner/architecturesApart.ts'], outfile: 'dist/architectures.js', keepNames: false },
  { entryPoints: ['src/planner/pythonReader.ts'], outfile: 'dist/pythonReader.js', keepNames: false },
  { entryPoints: ['src/worker/engineThread.ts'], outfile: 'dist/engineThread.js', plugins: [kernelsApart] },
  { entryPoints: ['src/library.ts'], outfile: 'dist/peft.cjs' },
  { entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.cjs', banner: { js: '#!/usr/bin/env node' } },
];

async function buildNode() {
  for (const bundle of bundles) {
    const context = await esbuild.context({ ...shared, ...bundle });
    const { metafile } = await context.rebuild();
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) if (bytesInOutput > 0) bundled.add(file);
    }
    if (watch) await context.watch();
    else await context.dispose();
  }
  chmodSync(path.join(root, 'dist/cli.cjs'), 0o755);
}

function buildWebviews() {
  const compiler = webpack(webpackConfig({}, { mode: watch ? 'development' : 'production' }));
  return new Promise((resolve, reject) => {
    const done = (error, stats) => {
      if (error) return reject(error);
      if (stats.hasErrors() || stats.hasWarnings()) console.error(stats.toString('errors-warnings'));
      if (stats.hasErrors() && !watch) return reject(new Error('webpack failed'));
      for (const { nameForCondition } of modulesOf(
        stats.toJson({
          all: false,
          modules: true,
          nestedModules: true,
          modulesSpace: Infinity,
          nestedModulesSpace: Infinity,
        }),
      )) {
        if (nameForCondition) bundled.add(path.relative(root, nameForCondition).split(path.sep).join('/'));
      }
      resolve();
    };
    if (watch) compiler.watch({}, done);
    else compiler.run((error, stats) => compiler.close(() => done(error, stats)));
  });
}

/** Modules and those that were concatenated into them. */
function modulesOf({ modules = [] }) {
  return modules.flatMap((module) => [module, ...modulesOf(module)]);
}

await buildKernels();
if (watch) console.log('building');
try {
  await Promise.all([buildNode(), buildWebviews()]);
} catch (error) {
  // esbuild and webpack have already printed the error and its location.
  console.error(error.message);
  process.exit(1);
}
mkdirSync(path.dirname(BUNDLED_FILES), { recursive: true });
writeFileSync(BUNDLED_FILES, JSON.stringify([...bundled].sort(), null, 1));
console.log(watch ? 'watching' : 'built dist/');
