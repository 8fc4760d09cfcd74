/** The share of attention that goes to the prefix, by head. A click selects the head. */

import { CancelledError } from '../../../../src/protocol/rpc';
import type { PrefixInfo } from '../../../../src/protocol/source';
import { formatPercent } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { prefixMass } from '../../data/prefixMass';
import { attentionLayer, attentionSubject } from '../../data/prefixSubjects';
import { readWhole } from '../../data/readWhole';
import { h, replace } from '../../../shared/element';
import { errorText } from '../notes/progressNote';

/** Each head is a read. No model has more heads. */
const MAX_HEADS = 128;

interface MassCard {
  readonly element: HTMLElement;
  /** The sentence for the stage. */
  readonly summary: HTMLElement;
  /** `step` is set only if the source records training. */
  show(info: PrefixInfo, layer: number, batch: number, head: number, step: number | undefined): void;
  dispose(): void;
}

export function massCard(context: ViewContext): MassCard {
  const { store } = context;
  const list = h('ol', { class: 'mass-list' });
  const element = h('section', { class: 'card' }, h('h2', {}, 'Attention to the prefix, by head'), list);
  const summary = h('p', { class: 'summary', role: 'status' });
  let controller: AbortController | null = null;
  let masses: readonly number[] = [];
  let shownKey = '';

  function draw(head: number): void {
    const mean = masses.reduce((sum, mass) => sum + mass, 0) / masses.length;
    replace(
      list,
      masses.map((mass, index) => headRow(index, mass, index === head, () => store.set({ head: index }))),
    );
    summary.textContent =
      `Head ${head} gives ${formatPercent(masses[head] ?? NaN)} of its attention to the prefix; ` +
      `the mean over heads is ${formatPercent(mean)}.`;
  }

  return {
    element,
    summary,
    show(info, layer, batch, head, step) {
      element.hidden = summary.hidden = info.attention === undefined;
      const key = JSON.stringify([info.module, attentionLayer(info, layer)?.name, batch, step]);
      if (info.attention === undefined || key === shownKey) return draw(head);
      controller?.abort();
      const { signal } = (controller = new AbortController());
      readMasses(context, { info, layer, batch, step }, signal).then(
        (found) => {
          if (signal.aborted) return;
          shownKey = key;
          masses = found;
          draw(store.get().head);
        },
        (error: unknown) => {
          if (!(error instanceof CancelledError))
            summary.textContent = `The attention could not be read: ${errorText(error)}`;
        },
      );
    },
    dispose: () => controller?.abort(),
  };
}

function headRow(index: number, mass: number, pressed: boolean, choose: () => void): HTMLElement {
  const bar = h('span', { class: 'bar' });
  bar.style.width = `${Math.min(1, mass) * 100}%`;
  const name = h('span', { class: 'name' }, `head ${index}`);
  const value = h('span', { class: 'value' }, formatPercent(mass));
  return h('li', {}, h('button', { type: 'button', 'aria-pressed': pressed, onclick: choose }, name, value, bar));
}

/** The share of attention to the prefix for each head; NaN if the attention of a head was not recorded. */
async function readMasses(
  { client, description }: ViewContext,
  { info, layer, batch, step }: { info: PrefixInfo; layer: number; batch: number; step: number | undefined },
  signal: AbortSignal,
): Promise<readonly number[]> {
  const heads = Array.from({ length: Math.min(MAX_HEADS, info.numHeads) }, async (_, head) => {
    const subject = attentionSubject(description, info, layer, batch, head, step);
    if (!subject) return NaN;
    const values = await readWhole(client.matrixSource(subject.matrix, subject), signal);
    return prefixMass(values, subject.columns, info.prefixLength);
  });
  return Promise.all(heads);
}
