import { h } from '../element';

/** A field for one number, with its label and its error message. */
export class TypedField {
  /** The label and the input. */
  readonly root: HTMLElement;
  /** The error message, on its own line below the field's row. */
  readonly message: HTMLElement;
  private readonly input: HTMLInputElement;

  /** Calls `typed` for every change by the user. */
  constructor(id: string, label: string, fraction: boolean, typed: () => void) {
    this.input = h('input', {
      id,
      type: 'text',
      inputmode: fraction ? 'decimal' : 'numeric',
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: 20,
      'aria-describedby': `${id}-message`,
    });
    this.message = h('div', { id: `${id}-message`, class: 'budget-message', hidden: true });
    this.root = h('div', { class: 'budget-field' }, h('label', { for: id }, label), this.input, this.message);
    this.input.addEventListener('input', typed);
    this.input.addEventListener('keydown', (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (step === undefined || !this.step(step)) return;
      event.preventDefault();
      typed();
    });
  }

  get value(): string {
    return this.input.value;
  }

  set value(text: string) {
    // Setting an equal value would move the caret.
    if (this.input.value !== text) this.input.value = text;
  }

  showError(message: string | undefined): void {
    this.input.setAttribute('aria-invalid', String(message !== undefined));
    this.message.textContent = message ?? '';
    this.message.hidden = message === undefined;
  }

  private step(by: number): boolean {
    const value = Number(this.input.value);
    if (this.input.value.trim() === '' || !Number.isFinite(value)) return false;
    this.input.value = String(Math.max(1, value + by));
    return true;
  }
}
