/** Runs axe-core in a page. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Frame } from 'playwright-core';

const SOURCE = readFileSync(path.resolve('node_modules/axe-core/axe.min.js'), 'utf8');

/** Every rule of WCAG 2.0 to 2.2, A and AA, and axe's best practices. */
const ALL_RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  // Experimental, but it tests WCAG 2.5.3.
  rules: { 'label-content-name-mismatch': { enabled: true } },
  resultTypes: ['violations'],
};

/** The rules whose outcome a theme can change, because it sets colours and nothing else. */
const COLOUR_RULES: RunOptions = {
  runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
  resultTypes: ['violations'],
};

/** One line for each element that violates a rule. */
export function violationsIn(view: Frame): Promise<string[]> {
  return violationsOf(view, ALL_RULES);
}

/** One line for each element whose colours violate a rule. */
export function colourViolationsIn(view: Frame): Promise<string[]> {
  return violationsOf(view, COLOUR_RULES);
}

async function violationsOf(view: Frame, rules: RunOptions): Promise<string[]> {
  // A script element would be refused by the page's policy.
  await view.evaluate(SOURCE);
  const { violations } = await view.evaluate(async (options): Promise<AxeResults> => {
    const { axe } = window as unknown as { axe: { run(within: Document, options: RunOptions): Promise<AxeResults> } };
    return axe.run(document, options);
  }, rules);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) =>
        `${id}: ${html.slice(0, 200)} ${(failureSummary ?? '').split('\n').slice(1).join(' ')}`,
    ),
  );
}
