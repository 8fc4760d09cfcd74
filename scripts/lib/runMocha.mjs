import Mocha from 'mocha';
import { countsOf } from './counts.mjs';

/**
 * Runs bundled test files in this process.
 * @param {string[]} files
 * @param {Mocha.MochaOptions} options
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export function runMocha(files, options) {
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({ ui: 'bdd', forbidOnly: true, ...options });
  for (const file of files) mocha.addFile(file);
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(countsOf(runner.stats)));
  });
}
