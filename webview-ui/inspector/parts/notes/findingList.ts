/** All findings of a report, each with what it is, why it matters, what to do, and where to look. */

import type { FindingsReport, WeightsFinding } from '../../../../src/protocol/findings';
import type { SourceDescription } from '../../../../src/protocol/source';
import { h } from '../../../shared/element';
import { formatCount, formatNumber } from '../../../shared/formatNumber';
import { findingPlaces } from '../../data/findingPlaces';
import type { FindingPlace } from '../../data/findingPlaces';
import { LEVEL_NAMES, LEVEL_SIGNS } from '../../data/findingsStore';

/** A badly damaged file has a finding for each tensor. A page of them says enough. */
const LISTED = 200;
/** Places offered with one finding. */
const PLACES = 6;

export function findingList(
  { findings, notCovered }: FindingsReport<string>,
  description: SourceDescription,
  show: (place: FindingPlace) => void,
): HTMLElement {
  let advice = '';
  const items = findings.slice(0, LISTED).map((finding) => {
    const own = `${finding.why} ${finding.action}`;
    const isRepeated = own === advice;
    advice = own;
    return findingItem(finding, isRepeated, findingPlaces(finding, description, PLACES), show);
  });
  return h(
    'div',
    { class: 'finding-body' },
    items.length > 0 &&
      h(
        'ul',
        { class: 'finding-list' },
        items,
        findings.length > LISTED && h('li', {}, `and ${formatCount(findings.length - LISTED)} more`),
      ),
    h('p', { class: 'finding-heading' }, 'Not checked'),
    h(
      'ul',
      { class: 'not-covered' },
      notCovered.map((text) => h('li', {}, text)),
    ),
  );
}

function findingItem(
  { level, what, why, action, heuristic, value, threshold, modules, tensors }: WeightsFinding<string>,
  isRepeated: boolean,
  places: readonly FindingPlace[],
  show: (place: FindingPlace) => void,
): HTMLElement {
  const more = (modules.length > 0 ? modules : tensors).length - places.length;
  return h(
    'li',
    { class: level },
    findingSign(level),
    h(
      'div',
      {},
      h('p', { class: 'what' }, h('span', { class: 'peft-unseen' }, `${LEVEL_NAMES[level]}: `), what),
      !isRepeated && h('p', { class: 'why' }, `${why} ${action}`),
      heuristic &&
        h(
          'p',
          { class: 'why' },
          `Heuristic: ${formatNumber(value ?? NaN)}, threshold ${formatNumber(threshold ?? NaN)}. No published rule.`,
        ),
      places.length > 0 &&
        h(
          'p',
          { class: 'places' },
          places.map((place) => placeButton(place, show)),
          more > 0 && h('span', {}, `and ${formatCount(more)} more`),
        ),
    ),
  );
}

export function findingSign(level: WeightsFinding['level']): HTMLElement {
  return h('span', { class: 'sign', 'aria-hidden': 'true' }, LEVEL_SIGNS[level]);
}

export function placeButton(place: FindingPlace, show: (place: FindingPlace) => void): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'place', title: `Show ${place.name}`, onclick: () => show(place) },
    place.name,
  );
}
