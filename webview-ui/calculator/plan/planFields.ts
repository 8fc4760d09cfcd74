/** Builds fields from their descriptions: numbers, switches and choices that keep what was typed. */

import type { PlanField, Typed } from '../../../src/protocol/plan';
import { breakable } from '../../shared/names';
import { h, replace } from '../../shared/element';

export class PlanFields {
  readonly root = h('div', { class: 'plan-fields' });
  private inputs = new Map<string, HTMLInputElement | HTMLSelectElement>();
  private fields: readonly PlanField[] = [];

  constructor(private readonly changed: () => void) {}

  show(fields: readonly PlanField[], typed: Typed): void {
    this.fields = fields;
    this.inputs = new Map();
    const known = new Map(typed);
    replace(
      this.root,
      fields.map((field) => this.field(field, known.get(field.key) ?? '')),
    );
  }

  /** Marks the field at fault as invalid. A key without a field marks none. */
  mark(key: string | null): void {
    for (const [each, input] of this.inputs) input.setAttribute('aria-invalid', String(each === key));
  }

  /** The settings that differ from their defaults. */
  get typed(): Typed {
    return this.fields.flatMap((field): [string, string][] => {
      const input = this.inputs.get(field.key);
      const text =
        input instanceof HTMLInputElement && input.type === 'checkbox' ? String(input.checked) : (input?.value ?? '');
      return text.trim() === '' || text === field.initial ? [] : [[field.key, text]];
    });
  }

  private field(field: PlanField, text: string): HTMLElement {
    const input = this.input(field, text);
    this.inputs.set(field.key, input);
    input.addEventListener(field.kind === 'number' || field.kind === 'list' ? 'input' : 'change', this.changed);
    if (field.kind === 'number' && input instanceof HTMLInputElement) stepByArrows(input, field, this.changed);
    const label = h('span', { class: 'plan-label' }, breakable(field.label));
    return h(
      'label',
      { class: `plan-field ${field.kind}`, title: field.title },
      field.kind === 'boolean' ? [input, label] : [label, input],
    );
  }

  private input(
    { kind, initial, choices, choiceLabels = {} }: PlanField,
    text: string,
  ): HTMLInputElement | HTMLSelectElement {
    if (kind === 'choice') {
      const select = h(
        'select',
        {},
        choices.map((choice) => h('option', { value: choice }, choiceLabels[choice] ?? (choice || 'none'))),
      );
      select.value = choices.includes(text) ? text : initial;
      return select;
    }
    if (kind === 'boolean') {
      const box = h('input', { type: 'checkbox' });
      box.checked = (text || initial) === 'true';
      return box;
    }
    const typed = h('input', {
      type: 'text',
      inputmode: kind === 'list' ? 'text' : 'decimal',
      placeholder: initial || (kind === 'list' ? 'none' : ''),
      autocomplete: 'off',
      spellcheck: false,
    });
    typed.value = text;
    return typed;
  }
}

/** The up and down arrows step by one, starting from the default if the field is empty. */
function stepByArrows(input: HTMLInputElement, { initial }: PlanField, changed: () => void): void {
  input.addEventListener('keydown', (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = Number(input.value.trim() === '' ? initial || NaN : input.value);
    if (step === undefined || !Number.isFinite(value)) return;
    event.preventDefault();
    input.value = String(Math.max(0, value + step));
    changed();
  });
}
