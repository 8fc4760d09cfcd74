/** Controls for how values become colours: scheme, scale, limit. They apply to the whole inspector. */

import { SCHEMES } from '../../../shared/schemes';
import type { Domain, InspectorState, StateStore } from '../../data/state';
import { h } from '../../../shared/element';

const DOMAINS: readonly { readonly domain: Domain; readonly label: string }[] = [
  { domain: 'max', label: 'max |value|' },
  { domain: 0.999, label: '99.9 % of entries' },
  { domain: 0.99, label: '99 % of entries' },
  { domain: 0.95, label: '95 % of entries' },
];

/** `stepped` is true if the source records training steps. */
export function colorTools(store: StateStore, stepped: boolean): { readonly element: HTMLElement; dispose(): void } {
  const scheme = picker(
    'Colours',
    SCHEMES.map(({ name, label }) => [name, label]),
    (value) => store.set({ scheme: value as InspectorState['scheme'] }),
  );
  const domain = picker(
    'Limit',
    DOMAINS.map(({ domain: value, label }) => [String(value), label]),
    (value) => store.set({ domain: DOMAINS.find((one) => String(one.domain) === value)?.domain ?? 'max' }),
  );
  const scale = picker(
    'Scale',
    [
      ['linear', 'linear'],
      ['symlog', 'symmetric log'],
    ],
    (value) => store.set({ scale: value as InspectorState['scale'] }),
  );
  const reduction = picker(
    'Zoomed out',
    [
      ['maxAbs', 'largest |value|'],
      ['mean', 'mean'],
      ['min', 'smallest value'],
      ['max', 'largest value'],
    ],
    (value) => store.set({ reduction: value as InspectorState['reduction'] }),
  );
  reduction.title = 'How the entries behind one pixel are combined';
  domain.title = 'Magnitude of the last colour. Entries beyond it have the same colour.';
  const linked = h('input', { type: 'checkbox', onchange: () => store.set({ linked: linked.checked }) });
  const fixed = h('input', { type: 'checkbox', onchange: () => store.set({ fixed: fixed.checked }) });
  const element = h(
    'div',
    { class: 'color-tools', role: 'group', 'aria-label': 'Colours' },
    scheme,
    scale,
    domain,
    reduction,
    h(
      'label',
      { class: 'check', title: 'Use one colour scale for all matrices of the view, so that they can be compared' },
      linked,
      'Same scale for all',
    ),
    stepped &&
      h(
        'label',
        { class: 'check', title: 'Keep the limit for all training steps, so that changes are visible' },
        fixed,
        'Same for all steps',
      ),
  );

  function show(): void {
    const state = store.get();
    const set = (label: HTMLElement, value: string): void =>
      void ((label.querySelector('select') as HTMLSelectElement).value = value);
    set(scheme, state.scheme);
    set(scale, state.scale);
    set(domain, String(state.domain));
    set(reduction, state.reduction);
    linked.checked = state.linked;
    fixed.checked = state.fixed;
  }
  show();
  return { element, dispose: store.subscribe(show) };
}

function picker(
  label: string,
  options: readonly (readonly [string, string])[],
  onChange: (value: string) => void,
): HTMLElement {
  const select = h(
    'select',
    { onchange: () => onChange(select.value) },
    ...options.map(([value, text]) => h('option', { value }, text)),
  );
  return h('label', { class: 'field' }, h('span', {}, label), select);
}
