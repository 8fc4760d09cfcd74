/** Problems of the source, at the top of the page. They take one line until they are opened. */

import type { Problem } from '../../../../src/protocol/source';
import type { StateStore } from '../../data/state';
import { h } from '../../../shared/element';

/** A badly damaged file has a problem for each tensor. A page of them says enough. */
const LISTED = 200;
const ORDER: readonly Problem['severity'][] = ['error', 'warning', 'info'];
const NOUNS = { error: 'error', warning: 'warning', info: 'note' } as const;

export function problemBanner(problems: readonly Problem[], store: StateStore): HTMLElement | null {
  const sorted = bySeverity(problems);
  const worst = sorted[0];
  if (!worst) return null;
  const counts = ORDER.map(
    (severity) => [severity, problems.filter((problem) => problem.severity === severity).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${NOUNS[severity]}${count === 1 ? '' : 's'}`);
  const summary = h(
    'summary',
    {},
    h('span', { class: 'mark', 'aria-hidden': 'true' }),
    h('strong', {}, counts.join(', ')),
    h('span', { class: 'first' }, worst.message),
  );
  const banner = h(
    'details',
    { class: `banner ${worst.severity}`, open: store.get().problemsOpen },
    summary,
    problemList(problems),
  );
  banner.addEventListener('toggle', () => store.set({ problemsOpen: banner.open }));
  return banner;
}

export function problemList(problems: readonly Problem[]): HTMLElement {
  const sorted = bySeverity(problems);
  return h(
    'ul',
    { class: 'problems' },
    sorted
      .slice(0, LISTED)
      .map(({ severity, message, subject }) =>
        h(
          'li',
          { class: severity },
          h('span', { class: 'severity' }, NOUNS[severity]),
          h('span', {}, message),
          subject && !message.includes(subject) && h('code', {}, subject),
        ),
      ),
    sorted.length > LISTED && h('li', { class: 'info' }, `and ${sorted.length - LISTED} more`),
  );
}

function bySeverity(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
