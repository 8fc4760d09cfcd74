// Runs test/integration inside the extension host of a real VS Code: the embedded server, opened in Chromium at an
// address that names the extension and its tests. The tests report through a file, line by line.
import { existsSync, cpSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { chromium } from 'playwright-core';
import { browserOptions, ensureChromium } from './lib/chromium.mjs';
import { finish } from './lib/counts.mjs';
import { ensureEmbeddedVscode } from './lib/embeddedVscode.mjs';
import { inRoot, root, sampleWorkspace, scratch } from './lib/paths.mjs';
import { INTERRUPTED, stopFamiliesOnExit } from './lib/processes.mjs';
import { bundleTests } from './lib/testBundles.mjs';
import { prepareProfile, startServer } from './lib/vscodeServer.mjs';

// A single test times out long before this. It applies to an extension host that never runs the tests.
const TIMEOUT_MS = 300_000;
const POLL_MS = 100;

const directory = path.join(scratch, 'integration');
const workspace = path.join(directory, path.basename(sampleWorkspace));
const reportFile = path.join(directory, 'report.jsonl');

stopFamiliesOnExit(INTERRUPTED);
rmSync(directory, { recursive: true, force: true });
const profile = prepareProfile(directory);
cpSync(sampleWorkspace, workspace, { recursive: true });
await bundleTests('integration', ['test/integration/index.ts']);

const vscode = await ensureEmbeddedVscode();
const server = await startServer(vscode, { profile, testDriver: true, env: { PEFT_TEST_REPORT: reportFile } });
const browser = await chromium.launch(browserOptions(await ensureChromium()));
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
const pageErrors = [];
page.on('pageerror', (error) => pageErrors.push(error.message));
await page.goto(
  `${server.address}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(payload(server.port))}`,
);

const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
const fatal = await follow();
await browser.close();
await server.stop();
if (fatal) {
  counts.failed++;
  counts.failures.push({ title: fatal });
  console.error(`\n${fatal}\nThe server's log is ${server.log}`);
  for (const message of pageErrors) console.error(`  in the page: ${message}`);
}
await finish(counts);

function payload(port) {
  const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
  return JSON.stringify([
    ['extensionDevelopmentPath', remote(root)],
    ['extensionTestsPath', remote(inRoot('out/test/integration/index.js'))],
  ]);
}

/** Prints the report as it grows. Returns what went wrong outside of any test, or `null`. */
async function follow() {
  const deadline = Date.now() + TIMEOUT_MS;
  let read = 0;
  while (Date.now() < deadline) {
    const lines = existsSync(reportFile) ? readFileSync(reportFile, 'utf8').split('\n').slice(0, -1) : [];
    for (const line of lines.slice(read)) {
      const event = JSON.parse(line);
      if (event.kind === 'end') return event.error;
      print(event);
      if (event.state === 'failed') counts.failures.push({ title: event.title, picture: await picture(event.title) });
    }
    read = lines.length;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return `The tests did not end within ${TIMEOUT_MS / 1000} s.`;
}

/** Takes a screenshot of the window soon after the failure, and returns its path. */
async function picture(title) {
  const file = path.join(directory, `${title.replace(/[^a-z0-9]+/gi, '-')}.png`);
  await page.screenshot({ path: file });
  return file;
}

function print(event) {
  counts[event.state]++;
  const mark = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' }[event.state];
  console.log(`  ${mark}  ${event.title}${event.ms === undefined ? '' : ` (${event.ms} ms)`}`);
  if (event.error) console.log(event.error.replace(/^/gm, '      '));
}
