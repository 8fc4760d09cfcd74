import Mocha from 'mocha';

/**
 * Runs bundled test files in this process. A test that has a picture of its failure leaves its path in `test.picture`.
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

/** The picture is taken in a hook, after the failure was reported; a hook that fails stands for the test it follows. */
function failureOf(test) {
  const picture = test.picture ?? test.ctx?.currentTest?.picture;
  return { title: test.fullTitle(), ...(picture && { picture }) };
}
