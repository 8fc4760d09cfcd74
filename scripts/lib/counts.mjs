// The protocol by which a test stage reports its counts to scripts/test.mjs.

/** @typedef {{ title: string, picture?: string }} Failure `picture`: the absolute path of a screenshot */
/** @typedef {{ passed: number, failed: number, skipped: number, failures: Failure[] }} Counts */

/** Reports to the parent process, if there is one, and exits. A stage that ran no test has failed. */
export async function finish(counts) {
  if (process.send) await new Promise((resolve) => process.send(counts, resolve));
  const none = counts.passed + counts.failed === 0;
  if (none) console.error('No test was executed.');
  process.exit(counts.failed > 0 || none ? 1 : 0);
}
