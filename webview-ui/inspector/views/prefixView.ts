/** Prefix tuning: the key and value prefixes of a layer with their heads marked, and the attention they get. */

import type { PrefixInfo } from '../../../src/protocol/source';
import { formatCount } from '../../shared/formatNumber';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { attentionLayer, attentionSubject, prefixSubject } from '../data/prefixSubjects';
import { h, replace } from '../../shared/element';
import { massCard } from '../parts/methods/massCard';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { moduleSelect } from '../parts/controls/moduleSelect';
import { numberSelect } from '../parts/controls/numberSelect';
import { segmented } from '../parts/controls/segmented';
import { MAX_THUMBNAILS, thumbnails } from '../parts/matrix/thumbnails';
import { fact, factList } from '../parts/notes/facts';

export function prefixView(context: ViewContext): View {
  const { description, store, client } = context;
  const colors = new ColorModel(client, store);
  const keys = new MatrixPane(context, colors, { label: 'K prefix', className: 'pane-keys' });
  const values = new MatrixPane(context, colors, { label: 'V prefix', className: 'pane-values' });
  const attention = new MatrixPane(context, colors, { label: 'attention', className: 'pane-attention' });
  const picker = moduleSelect(
    description.prefixes.map(({ module }) => module),
    (prefix) => store.set({ prefix }),
  );
  const layers = numberSelect('Layer', (layer) => store.set({ layer }));
  const batches = numberSelect('Batch item', (batch) => store.set({ batch }));
  const heads = numberSelect('Head', (head) => store.set({ head }));
  const gradients = segmented<'value' | 'gradient'>(
    'Show prefixes or their gradients',
    [
      { value: 'value', label: 'Values' },
      { value: 'gradient', label: 'Gradients' },
    ],
    (value) => store.set({ gradients: value === 'gradient' }),
  );
  const overview = thumbnails(store, (layer) => store.set({ layer }));
  const mass = massCard(context);
  const facts = h('section', { class: 'card' });
  const attentionPart = h(
    'div',
    { class: 'attention-part' },
    h('div', { class: 'view-head' }, batches.element, heads.element, mass.summary),
    attention.element,
  );
  const element = h(
    'div',
    { class: 'prefix-view' },
    h('div', { class: 'view-head' }, picker.element, layers.element, gradients.element),
    overview.element,
    h('div', { class: 'prefix-parts' }, h('div', { class: 'kv-part' }, keys.element, values.element), attentionPart),
  );

  const current = (): PrefixInfo | undefined =>
    description.prefixes.find(({ module }) => module === store.get().prefix) ?? description.prefixes[0];

  function show(): void {
    const info = current();
    if (!info) return;
    const state = store.get();
    const layer = within(state.layer, info.numLayers);
    const batch = within(state.batch, info.attention?.batch ?? 1);
    const head = within(state.head, info.numHeads);
    const gradient = info.hasGradient && state.gradients;
    picker.show(info.module);
    layers.show(info.numLayers, layer);
    batches.show(info.attention?.batch ?? 1, batch);
    heads.show(info.numHeads, head);
    gradients.element.hidden = !info.hasGradient;
    gradients.show(gradient ? 'gradient' : 'value');
    keys.setSubject(prefixSubject(info, layer, 'key', gradient));
    values.setSubject(prefixSubject(info, layer, 'value', gradient));
    attentionPart.hidden = info.attention === undefined;
    attention.setSubject(attentionSubject(description, info, layer, batch, head));
    mass.show(info, layer, batch, head);
    overview.show(JSON.stringify([info.module, gradient]), layerSources(info, gradient), layer);
    replace(
      facts,
      h('h3', {}, 'Prefix'),
      factList(
        fact('layers', formatCount(info.numLayers)),
        fact('heads × head dim', `${info.numHeads} × ${info.dHead}`),
        fact('prefix length', `${formatCount(info.prefixLength)} positions`),
        fact('parameters', formatCount(info.numLayers * 2 * info.prefixLength * info.numHeads * info.dHead)),
      ),
      info.numLayers > MAX_THUMBNAILS &&
        h('p', { class: 'note' }, `The overview shows the first ${MAX_THUMBNAILS} of ${info.numLayers} layers.`),
    );
    if (!context.active.current) context.active.set(keys);
    context.active.refresh();
  }

  function layerSources(info: PrefixInfo, gradient: boolean): Parameters<typeof overview.show>[1] {
    return Array.from({ length: Math.min(MAX_THUMBNAILS, info.numLayers) }, (_, layer) => ({
      label: `layer ${layer}`,
      sources: (['key', 'value'] as const).map((part) => {
        const subject = prefixSubject(info, layer, part, gradient);
        return client.matrixSource(subject.matrix, subject);
      }),
    }));
  }

  // Points at the same position of the same head in keys and values.
  for (const [one, other] of [
    [keys, values],
    [values, keys],
  ] as const) {
    one.onPoint((cell) => other.heatmap.highlight(cell && { rows: [cell.row], columns: [cell.column] }));
    one.onViewport((move) => other.heatmap.follow(move));
    one.onReset(() => {
      one.heatmap.setViewport(null);
      other.heatmap.setViewport(null);
    });
  }
  attention.onPoint((cell) => {
    const info = current();
    const layer = info ? within(store.get().layer, info.numLayers) : 0;
    const position =
      cell && info && cell.column < info.prefixLength && attentionLayer(info, layer)?.layer === layer
        ? cell.column
        : null;
    for (const pane of [keys, values]) pane.heatmap.highlight(position === null ? null : { rows: [position] });
  });

  show();
  const unsubscribe = store.subscribe((changed) => {
    if (['prefix', 'layer', 'batch', 'head', 'gradients'].some((field) => changed.has(field))) show();
  });
  return {
    element,
    details: [mass.element, facts],
    dispose() {
      unsubscribe();
      mass.dispose();
      overview.dispose();
      for (const pane of [keys, values, attention]) pane.dispose();
      colors.dispose();
    },
  };
}

function within(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.trunc(index) || 0));
}
