// The licences of the packages whose code is in the bundles: what THIRD_PARTY_NOTICES must say.
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { inRoot } from './paths.mjs';

/** The build lists the files that went into the bundles here. */
export const BUNDLED_FILES = inRoot('out/bundled-files.json');
export const NOTICES = inRoot('THIRD_PARTY_NOTICES');

/** Compilers that add code of their own to what they make: the loader of webview scripts, and the kernels' library. */
const COMPILERS = ['webpack', 'assemblyscript'];

const RULE = '-'.repeat(80);
const HEADING = `PEFT Inspector contains code of the following packages, under the licences given for each. This file is made by
\`npm run notices\` from the files that the bundles contain.`;

/** @returns {string} the text for THIRD_PARTY_NOTICES; throws if a package has no licence text */
export function thirdPartyNotices() {
  const files = JSON.parse(readFileSync(BUNDLED_FILES, 'utf8'));
  const compilers = COMPILERS.map((name) => inRoot('node_modules', name));
  const folders = [...new Set([...files.map(packageFolder).filter(Boolean), ...compilers])];
  const sections = folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      return { name, text: `${name} ${version} (${license})\n\n${licenceText(name, folder)}` };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return [HEADING, ...sections.map(({ text }) => `${RULE}\n${text}`)].join('\n\n') + '\n';
}

/** The folder of the package that a file belongs to; `null` for a file of this project. */
function packageFolder(file) {
  const at = file.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const [first, second] = file.slice(at + 'node_modules/'.length).split('/');
  return inRoot(file.slice(0, at), 'node_modules', first.startsWith('@') ? `${first}/${second}` : first);
}

function licenceText(name, folder) {
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
  return readFileSync(path.join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim();
}
