/** The model's modules as a tree, to choose the targets of an adapter. A row holds the same module of all layers. */

import type { TargetRow } from '../../../src/protocol/plan';
import { h, replace } from '../../shared/element';
import { formatCount } from '../../../src/text/numberText';

export class TargetTree {
  readonly root = h('div', { class: 'target-tree', role: 'group', 'aria-label': 'Target modules' });
  private chosen: readonly string[] = [];
  private readonly closed = new Set<string>();
  private rows: readonly TargetRow[] = [];

  constructor(private readonly changed: (targets: readonly string[]) => void) {}

  show(rows: readonly TargetRow[], targets: readonly string[]): void {
    this.rows = rows;
    this.chosen = targets;
    const active = this.root.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
    replace(this.root, this.groups());
    if (active) this.root.querySelector<HTMLElement>(`[data-key="${CSS.escape(active)}"]`)?.focus();
  }

  private groups(): HTMLElement[] {
    const groups = new Map<string, TargetRow[]>();
    for (const row of this.rows) {
      const parent = row.pattern.slice(0, Math.max(0, row.pattern.lastIndexOf('.')));
      groups.set(parent, [...(groups.get(parent) ?? []), row]);
    }
    return [...groups].map(([parent, rows]) => {
      const details = h(
        'details',
        { open: !this.closed.has(parent) },
        h('summary', { 'data-key': `g:${parent}` }, h('bdi', {}, parent || 'model')),
        rows.map((row) => this.row(row)),
      );
      details.addEventListener(
        'toggle',
        () => void (details.open ? this.closed.delete(parent) : this.closed.add(parent)),
      );
      return details;
    });
  }

  private row(row: TargetRow): HTMLElement {
    const box = h('input', { type: 'checkbox', 'data-key': row.pattern });
    box.checked = row.adapted > 0;
    box.indeterminate = row.adapted > 0 && row.adapted < row.modules;
    box.addEventListener('change', () => {
      // The first click starts from the method's default, which applies until the user chooses.
      const shown = new Set(
        this.chosen.length > 0 && this.chosen[0] !== 'all-linear'
          ? this.chosen
          : this.rows.filter(({ adapted }) => adapted > 0).map(({ end }) => end),
      );
      if (box.checked) shown.add(row.end);
      else shown.delete(row.end);
      this.changed([...shown]);
    });
    const name = h('span', { class: 'target-name' }, h('bdi', {}, row.end));
    const shape = `${formatCount(row.inFeatures)} → ${formatCount(row.outFeatures)}`;
    const text = row.modules === 1 ? shape : `${row.modules} × ${shape}`;
    const count =
      row.adapted > 0
        ? `${row.adapted < row.modules ? `${row.adapted} of ${row.modules}: ` : ''}${formatCount(row.trainable)}`
        : '';
    return h(
      'label',
      { class: 'target-row', title: `${row.pattern}: ${row.modules} modules` },
      box,
      name,
      h('span', { class: 'peft-muted' }, text),
      h('span', { class: 'target-count' }, count),
    );
  }
}
