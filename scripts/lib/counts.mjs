// How a stage of the tests tells scripts/test.mjs what it ran.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @param {import('mocha').Stats} stats @returns {Counts} */
export function countsOf(stats) {
  return { passed: stats.passes, failed: stats.failures, skipped: stats.pending };
}

/** Reports to the parent, if one is listening, and ends the process: a stage that ran no test has failed. */
export async function finish(counts) {
  if (process.send) await new Promise((resolve) => process.send(counts, resolve));
  const none = counts.passed + counts.failed === 0;
  if (none) console.error('No test was executed.');
  process.exit(counts.failed > 0 || none ? 1 : 0);
}
