import type { ModelChoice } from '../../../src/protocol/calculator';
import { h, replace } from '../element';

const GROUPS: readonly (readonly [ModelChoice['group'], string])[] = [
  ['workspace', 'In this workspace'],
  ['preset', 'Presets'],
  ['custom', 'Custom'],
];

/** The list of models: config.json files of the workspace, presets, and custom sizes. */
export class ModelPicker {
  readonly root: HTMLElement;
  private readonly select = h('select', { id: 'model', 'aria-describedby': 'model-summary model-message' });
  private readonly summary = h('div', { id: 'model-summary', class: 'peft-muted budget-note' });
  private readonly message = h('div', { id: 'model-message', class: 'budget-message', hidden: true });

  constructor(picked: () => void) {
    const label = h('label', { for: 'model' }, 'Model');
    this.root = h('div', { class: 'budget-field' }, label, this.select, this.summary, this.message);
    this.select.addEventListener('change', picked);
  }

  get value(): string {
    return this.select.value;
  }

  showChoices(models: readonly ModelChoice[], current: string): void {
    const groups = GROUPS.map(([group, label]) => {
      const options = models
        .filter((model) => model.group === group)
        .map(({ id, label: name, description, note = false }) => {
          // A preset's title is the end of its Hub id.
          const isShown = group !== 'preset' && description && description !== name;
          return h('option', { value: id, disabled: note }, isShown ? `${name} (${description})` : name);
        });
      return { options, made: h('optgroup', { label }, options) };
    });
    replace(
      this.select,
      groups.filter(({ options }) => options.length > 0).map(({ made }) => made),
    );
    this.select.value = current;
  }

  showReport(summary: string, error: string | undefined): void {
    this.summary.textContent = summary;
    this.summary.hidden = summary === '';
    this.select.setAttribute('aria-invalid', String(error !== undefined));
    this.message.textContent = error ?? '';
    this.message.hidden = error === undefined;
  }
}
