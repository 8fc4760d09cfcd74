/** Runs axe-core in a page: every rule of WCAG 2.0 to 2.2, A and AA, and axe's best practices. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Frame } from 'playwright-core';

const SOURCE = readFileSync(path.resolve('node_modules/axe-core/axe.min.js'), 'utf8');

/** One line for each element that violates a rule. */
export async function violationsIn(view: Frame): Promise<string[]> {
  // A script element would be refused by the page's policy.
  await view.evaluate(SOURCE);
  const { violations } = await view.evaluate(async (): Promise<AxeResults> => {
    const { axe } = window as unknown as { axe: { run(within: Document, options: RunOptions): Promise<AxeResults> } };
    return axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // Experimental, but it tests WCAG 2.5.3.
      rules: { 'label-content-name-mismatch': { enabled: true } },
      resultTypes: ['violations'],
    });
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) =>
        `${id}: ${html.slice(0, 200)} ${(failureSummary ?? '').split('\n').slice(1).join(' ')}`,
    ),
  );
}
