import type { BudgetReport, TargetChoice } from '../../../src/protocol/calculator';
import { h, replace } from '../element';

/** LoRA's target modules as chips that the user switches on or off. */
export class TargetChips {
  readonly root: HTMLElement;
  private readonly chips = h('div', { class: 'budget-chips', role: 'group', 'aria-labelledby': 'targets-label' });
  private readonly message = h('div', { id: 'targets-message', class: 'budget-message', hidden: true });
  private readonly all = h(
    'button',
    { type: 'button', class: 'budget-link', 'aria-label': 'Target all of them' },
    'All',
  );
  private shown: readonly TargetChoice[] = [];

  /** After a click, calls `chosen` with the names of the pressed chips. */
  constructor(private readonly chosen: (names: readonly string[]) => void) {
    const heading = h('div', { class: 'budget-heading' }, h('span', { id: 'targets-label' }, 'LoRA targets'), this.all);
    this.root = h('div', { class: 'budget-field budget-targets' }, heading, this.chips, this.message);
    this.all.addEventListener('click', () => this.chosen(this.shown.map(({ name }) => name)));
  }

  show({ targets }: BudgetReport, error: string | undefined): void {
    this.root.hidden = targets.length === 0;
    const renamed = targets.length !== this.shown.length || targets.some(({ name }, i) => name !== this.shown[i]?.name);
    this.shown = targets;
    // Chips stay in place if only their state changes, so that the focus stays too.
    if (renamed)
      replace(
        this.chips,
        targets.map(({ name }) => this.chip(name)),
      );
    targets.forEach(({ chosen, description }, i) => {
      const chip = this.chips.children[i];
      chip?.setAttribute('aria-pressed', String(chosen));
      chip?.setAttribute('title', description);
    });
    this.all.hidden = targets.every(({ chosen }) => chosen);
    this.chips.setAttribute('aria-describedby', 'targets-message');
    this.chips.classList.toggle('budget-invalid', error !== undefined);
    this.message.textContent = error ?? '';
    this.message.hidden = error === undefined;
  }

  private chip(name: string): HTMLElement {
    const chip = h('button', { type: 'button', class: 'budget-chip' }, name);
    chip.addEventListener('click', () => {
      const pressed = this.shown.filter((each) => (each.name === name ? !each.chosen : each.chosen));
      this.chosen(pressed.map((each) => each.name));
    });
    return chip;
  }
}
