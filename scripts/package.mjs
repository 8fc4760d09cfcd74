// Packs the extension into peft-inspector-<version>.vsix. --no-build uses the existing bundles. --quiet writes to
// out/peft-inspector.vsix, for the tests.
import { cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { createVSIX, listFiles } from '@vscode/vsce';
import { NOTICES, thirdPartyNotices } from './lib/notices.mjs';
import { inRoot } from './lib/paths.mjs';
import { runScript } from './lib/run.mjs';

// The packer matches .vscodeignore against every file of its folder, and the embedded VS Code has very many. It
// therefore gets a copy of the files that may be packed.
const CANDIDATES = [
  'dist',
  'media',
  'schemas',
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'THIRD_PARTY_NOTICES',
  '.vscodeignore',
];
const SHIPPED = /^(dist\/|media\/|schemas\/|package\.json$|readme\.md$|changelog\.md$|license|third_party_notices$)/i;

const quiet = process.argv.includes('--quiet');
if (!process.argv.includes('--no-build') && !(await runScript('scripts/build.mjs')).ok) process.exit(1);

const cwd = inRoot('out/package');
rmSync(cwd, { recursive: true, force: true });
for (const file of CANDIDATES) cpSync(inRoot(file), path.join(cwd, file), { recursive: true });
const files = await listFiles({ cwd, dependencies: false });
const stray = files.filter((file) => !SHIPPED.test(file));
if (stray.length > 0) throw new Error(`.vscodeignore includes files that a user does not need: ${stray.join(', ')}`);

const manifest = readFileSync(inRoot('package.json'), 'utf8');
const named = [...manifest.matchAll(/"(?:\.\/)?((?:dist|media|schemas)\/[^"]+)"/g)].map(([, file]) => file);
const missing = named.filter((file) => !files.includes(file));
if (missing.length > 0) throw new Error(`package.json names files that are not packed: ${missing.join(', ')}`);

if (!existsSync(NOTICES) || readFileSync(NOTICES, 'utf8') !== thirdPartyNotices())
  throw new Error('THIRD_PARTY_NOTICES does not name what the bundles contain: run `npm run notices`');

const { name, version } = JSON.parse(manifest);
const packagePath = quiet ? inRoot('out', `${name}.vsix`) : inRoot(`${name}-${version}.vsix`);
// The packer prints the list of files and an advertisement.
const print = console.log;
if (quiet) console.log = console.info = () => {};
await createVSIX({ cwd, dependencies: false, packagePath });
console.log = print;
if (quiet) print(`packed ${files.length} files, ${(statSync(packagePath).size / 1024).toFixed(0)} KB`);
