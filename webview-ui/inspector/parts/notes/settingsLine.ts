/** The settings of an adapter below the name of its file. */

import type { SourceDescription } from '../../../../src/protocol/source';
import { h } from '../../../shared/element';
import { settingsFacts } from '../../data/settingsFacts';

/** `null` for a file that is no adapter. */
export function settingsLine(description: SourceDescription): HTMLElement | null {
  const facts = settingsFacts(description);
  if (facts.length === 0) return null;
  return h(
    'dl',
    { class: 'settings-line', 'aria-label': 'Adapter settings' },
    facts.map(([label, text]) => h('div', { title: `${label}: ${text}` }, h('dt', {}, label), h('dd', {}, text))),
  );
}
