/** Fields made from a description of them: numbers, switches and choices that remember what was typed. */

import type { PlanField, Typed } from '../../../src/protocol/plan';
import { element } from '../../shared/budget/element';

export class PlanFields {
  readonly root = element('div', { class: 'plan-fields' });
  private inputs = new Map<string, HTMLInputElement | HTMLSelectElement>();
  private fields: readonly PlanField[] = [];

  constructor(private readonly changed: () => void) {}

  show(fields: readonly PlanField[], typed: Typed): void {
    this.fields = fields;
    this.inputs = new Map();
    const known = new Map(typed);
    this.root.replaceChildren(...fields.map((field) => this.field(field, known.get(field.key) ?? '')));
  }

  /** Only what differs from the default. */
  get typed(): Typed {
    return this.fields.flatMap((field): [string, string][] => {
      const input = this.inputs.get(field.key);
      const text = input instanceof HTMLInputElement && input.type === 'checkbox' ? String(input.checked) : (input?.value ?? '');
      return text.trim() === '' || text === field.initial ? [] : [[field.key, text]];
    });
  }

  private field(field: PlanField, text: string): HTMLElement {
    const input = this.input(field, text);
    this.inputs.set(field.key, input);
    input.addEventListener(field.kind === 'number' ? 'input' : 'change', this.changed);
    const label = element('span', { class: 'plan-label' }, field.label);
    return element('label', { class: `plan-field ${field.kind}`, title: field.title }, ...(field.kind === 'boolean' ? [input, label] : [label, input]));
  }

  private input({ kind, initial, choices }: PlanField, text: string): HTMLInputElement | HTMLSelectElement {
    if (kind === 'choice') {
      const select = element('select', {}, ...choices.map((choice) => element('option', { value: choice }, choice)));
      select.value = choices.includes(text) ? text : initial;
      return select;
    }
    if (kind === 'boolean') {
      const box = element('input', { type: 'checkbox' });
      box.checked = (text || initial) === 'true';
      return box;
    }
    const typed = element('input', { type: 'text', inputmode: 'decimal', placeholder: initial, spellcheck: false });
    typed.value = text;
    return typed;
  }
}
