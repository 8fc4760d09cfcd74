/** Controls for how values become colours: scheme, scale, limit. They apply to the whole inspector. */

import { SCHEMES } from '../../../shared/schemes';
import type { Domain, InspectorState, StateStore } from '../../data/state';
import { h } from '../../../shared/element';

/** Values with their labels. */
type Choices = readonly (readonly [string, string])[];

const DOMAINS: readonly { readonly domain: Domain; readonly label: string }[] = [
  { domain: 'max', label: 'max |value|' },
  { domain: 0.999, label: '99.9 % of entries' },
  { domain: 0.99, label: '99 % of entries' },
  { domain: 0.95, label: '95 % of entries' },
];

const SCALES: Choices = [
  ['linear', 'linear'],
  ['symlog', 'symmetric log'],
];

const REDUCTIONS: Choices = [
  ['maxAbs', 'largest |value|'],
  ['mean', 'mean'],
  ['min', 'smallest value'],
  ['max', 'largest value'],
];

/** `stepped` is true if the source records training steps. */
export function colorTools(store: StateStore, stepped: boolean): { readonly element: HTMLElement; dispose(): void } {
  const set = (state: Partial<InspectorState>): void => store.set(state);
  const scheme = picker(
    'Colours',
    SCHEMES.map(({ name, label }) => [name, label]),
    (value) => set({ scheme: value as InspectorState['scheme'] }),
  );
  const domain = picker(
    'Limit',
    DOMAINS.map(({ domain: value, label }) => [String(value), label]),
    (value) => set({ domain: DOMAINS.find((one) => String(one.domain) === value)?.domain ?? 'max' }),
  );
  const scale = picker('Scale', SCALES, (value) => set({ scale: value as InspectorState['scale'] }));
  const reduction = picker('Zoomed out', REDUCTIONS, (value) =>
    set({ reduction: value as InspectorState['reduction'] }),
  );
  reduction.title = 'How the entries behind one pixel are combined';
  domain.title = 'Magnitude of the last colour. Entries beyond it have the same colour.';
  const linked = checkbox(
    'Same scale for all',
    'Use one colour scale for all matrices of the view, so that they can be compared',
    (checked) => set({ linked: checked }),
  );
  const fixed = checkbox(
    'Same for all steps',
    'Keep the limit for all training steps, so that changes are visible',
    (checked) => set({ fixed: checked }),
  );
  const element = h(
    'div',
    { class: 'color-tools', role: 'group', 'aria-label': 'Colours' },
    scheme,
    scale,
    domain,
    reduction,
    linked.element,
    stepped && fixed.element,
  );

  function show(): void {
    const state = store.get();
    choose(scheme, state.scheme);
    choose(scale, state.scale);
    choose(domain, String(state.domain));
    choose(reduction, state.reduction);
    linked.input.checked = state.linked;
    fixed.input.checked = state.fixed;
  }
  show();
  return { element, dispose: store.subscribe(show) };
}

function picker(label: string, options: Choices, onChange: (value: string) => void): HTMLElement {
  const select = h(
    'select',
    { onchange: () => onChange(select.value) },
    options.map(([value, text]) => h('option', { value }, text)),
  );
  return h('label', { class: 'field' }, h('span', {}, label), select);
}

function choose(picked: HTMLElement, value: string): void {
  (picked.querySelector('select') as HTMLSelectElement).value = value;
}

function checkbox(
  label: string,
  title: string,
  onChange: (checked: boolean) => void,
): { readonly element: HTMLElement; readonly input: HTMLInputElement } {
  const input = h('input', { type: 'checkbox', onchange: () => onChange(input.checked) });
  return { element: h('label', { class: 'check', title }, input, label), input };
}
