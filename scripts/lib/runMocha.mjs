import Mocha from 'mocha';

/**
 * Runs bundled test files in this process. A test that took a screenshot of its failure stores the path in
 * `test.picture`.
 * @param {string[]} files
 * @param {Mocha.MochaOptions} options
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export function runMocha(files, options) {
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({ ui: 'bdd', forbidOnly: true, ...options });
  for (const file of files) mocha.addFile(file);
  return new Promise((resolve) => {
    const failed = [];
    const runner = mocha.run(() => {
      const { passes, failures, pending } = runner.stats;
      resolve({ passed: passes, failed: failures, skipped: pending, failures: failed.map(failureOf) });
    });
    runner.on('fail', (test) => failed.push(test));
  });
}

/** A hook takes the screenshot after the failure was reported. A failing hook counts as the test that it follows. */
function failureOf(test) {
  const picture = test.picture ?? test.ctx?.currentTest?.picture;
  return { title: test.fullTitle(), ...(picture && { picture }) };
}
