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
  show(info: PrefixInfo, layer: number, batch: number, head: number): void;
  dispose(): void;
}

export function massCard(context: ViewContext): MassCard {
  const { client, store, description } = context;
  const list = h('ol', { class: 'mass-list' });
  const element = h('section', { class: 'card' }, h('h3', {}, 'Attention to the prefix, by head'), list);
  const summary = h('p', { class: 'summary', role: 'status' });
  let controller: AbortController | null = null;
  let masses: readonly number[] = [];
  let shownKey = '';

  function draw(head: number): void {
    const mean = masses.reduce((sum, mass) => sum + mass, 0) / masses.length;
    replace(
      list,
      ...masses.map((mass, index) => {
        const bar = h('span', { class: 'bar' });
        bar.style.width = `${Math.min(1, mass) * 100}%`;
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', 'aria-pressed': index === head, onclick: () => store.set({ head: index }) },
            h('span', { class: 'name' }, `head ${index}`),
            h('span', { class: 'value' }, formatPercent(mass)),
            bar,
          ),
        );
      }),
    );
    summary.textContent =
      `Head ${head} gives ${formatPercent(masses[head] ?? NaN)} of its attention to the prefix; ` +
      `the mean over heads is ${formatPercent(mean)}.`;
  }

  async function read(info: PrefixInfo, layer: number, batch: number, signal: AbortSignal): Promise<readonly number[]> {
    const heads = Array.from({ length: Math.min(MAX_HEADS, info.numHeads) }, (_, head) =>
      attentionSubject(description, info, layer, batch, head),
    );
    return Promise.all(
      heads.map(async (subject) =>
        subject
          ? prefixMass(
              await readWhole(client.matrixSource(subject.matrix, subject), signal),
              subject.columns,
              info.prefixLength,
            )
          : NaN,
      ),
    );
  }

  return {
    element,
    summary,
    show(info, layer, batch, head) {
      element.hidden = summary.hidden = info.attention === undefined;
      const key = JSON.stringify([info.module, attentionLayer(info, layer)?.name, batch]);
      if (info.attention === undefined || key === shownKey) return draw(head);
      controller?.abort();
      const { signal } = (controller = new AbortController());
      read(info, layer, batch, signal).then(
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
