/** Prefix tuning: the key and value prefixes of a layer with their heads marked, and the attention they get. */

import type { PrefixInfo } from '../../../src/protocol/source';
import type { CellPosition } from '../../shared/heatmap/types';
import { formatCount } from '../../shared/formatNumber';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { attentionLayer, attentionSubject, prefixSubject } from '../data/prefixSubjects';
import { recordedStep } from '../data/recordedStep';
import { h, replace } from '../../shared/element';
import { massCard } from '../parts/methods/massCard';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { moduleSelect } from '../parts/controls/moduleSelect';
import { numberSelect } from '../parts/controls/numberSelect';
import { stepSlider } from '../parts/controls/stepSlider';
import { gradientSwitch } from '../parts/controls/gradientSwitch';
import { MAX_THUMBNAILS, thumbnails } from '../parts/matrix/thumbnails';
import { fact, factList } from '../parts/notes/facts';

export function prefixView(context: ViewContext): View {
  return new PrefixView(context);
}

class PrefixView implements View {
  private readonly colors: ColorModel;
  private readonly keys: MatrixPane;
  private readonly values: MatrixPane;
  private readonly attention: MatrixPane;
  private readonly picker: ReturnType<typeof moduleSelect>;
  private readonly layers: ReturnType<typeof numberSelect>;
  private readonly batches: ReturnType<typeof numberSelect>;
  private readonly heads: ReturnType<typeof numberSelect>;
  private readonly gradients: ReturnType<typeof gradientSwitch>;
  private readonly overview: ReturnType<typeof thumbnails>;
  private readonly mass: ReturnType<typeof massCard>;
  private readonly slider: ReturnType<typeof stepSlider> | undefined;
  private readonly facts = h('section', { class: 'card' });
  private readonly attentionPart: HTMLElement;
  private readonly unsubscribe: () => void;
  readonly element: HTMLElement;
  readonly details: readonly HTMLElement[];

  constructor(private readonly context: ViewContext) {
    const { description, store, client } = context;
    const colors = (this.colors = new ColorModel(client, store));
    this.keys = new MatrixPane(context, colors, { label: 'K prefix', className: 'pane-keys' });
    this.values = new MatrixPane(context, colors, { label: 'V prefix', className: 'pane-values' });
    this.attention = new MatrixPane(context, colors, { label: 'attention', className: 'pane-attention' });
    this.picker = moduleSelect(
      description.prefixes.map(({ module }) => module),
      (prefix) => store.set({ prefix }),
    );
    this.layers = numberSelect('Layer', (layer) => store.set({ layer }));
    this.batches = numberSelect('Batch item', (batch) => store.set({ batch }));
    this.heads = numberSelect('Head', (head) => store.set({ head }));
    this.gradients = gradientSwitch(store, 'Show prefixes or their gradients');
    const training = description.trainings?.prefix;
    const slider = (this.slider = training && stepSlider(training, (step) => store.set({ step })));
    this.overview = thumbnails(store, (layer) => store.set({ layer }));
    this.mass = massCard(context);
    this.attentionPart = h(
      'div',
      { class: 'attention-part' },
      h('div', { class: 'view-head' }, this.batches.element, this.heads.element, this.mass.summary),
      this.attention.element,
    );
    this.element = this.layout();
    this.details = [...(slider ? [slider.curve] : []), this.mass.element, this.facts];
    this.connect();
    this.show();
    this.unsubscribe = store.subscribe((changed) => {
      if (['prefix', 'layer', 'batch', 'head', 'gradients', 'step'].some((field) => changed.has(field))) this.show();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.slider?.dispose();
    this.mass.dispose();
    this.overview.dispose();
    for (const pane of [this.keys, this.values, this.attention]) pane.dispose();
    this.colors.dispose();
  }

  private layout(): HTMLElement {
    const tools = [this.picker.element, this.layers.element, this.gradients.element];
    const pair = h('div', { class: 'kv-part' }, this.keys.element, this.values.element);
    return h(
      'div',
      { class: 'prefix-view' },
      h('div', { class: 'view-head' }, tools, this.slider?.element),
      this.slider?.note,
      this.overview.element,
      h('div', { class: 'prefix-parts' }, pair, this.attentionPart),
    );
  }

  private get current(): PrefixInfo | undefined {
    const { description, store } = this.context;
    return description.prefixes.find(({ module }) => module === store.get().prefix) ?? description.prefixes[0];
  }

  private show(): void {
    const info = this.current;
    if (!info) return;
    const { description, store, active } = this.context;
    const state = store.get();
    const layer = within(state.layer, info.numLayers);
    const batch = within(state.batch, info.attention?.batch ?? 1);
    const head = within(state.head, info.numHeads);
    const gradient = info.hasGradient && state.gradients;
    const training = description.trainings?.prefix;
    const step = recordedStep(training, state);
    if (step !== undefined) this.slider?.show(step);
    this.picker.show(info.module);
    this.layers.show(info.numLayers, layer);
    this.batches.show(info.attention?.batch ?? 1, batch);
    this.heads.show(info.numHeads, head);
    this.gradients.show(info.hasGradient, gradient);
    this.keys.setSubject(prefixSubject(info, layer, 'key', gradient, step, training));
    this.values.setSubject(prefixSubject(info, layer, 'value', gradient, step, training));
    this.attentionPart.hidden = info.attention === undefined;
    this.attention.setSubject(attentionSubject(description, info, layer, batch, head, step));
    this.mass.show(info, layer, batch, head, step);
    const key = JSON.stringify([info.module, gradient, step]);
    this.overview.show(key, this.layerSources(info, gradient, step), layer);
    replace(this.facts, prefixFacts(info));
    if (!active.current) active.set(this.keys);
    active.refresh();
  }

  private layerSources(
    info: PrefixInfo,
    gradient: boolean,
    step: number | undefined,
  ): Parameters<PrefixView['overview']['show']>[1] {
    return Array.from({ length: Math.min(MAX_THUMBNAILS, info.numLayers) }, (_, layer) => ({
      label: `layer ${layer}`,
      sources: (['key', 'value'] as const).map((part) => {
        const subject = prefixSubject(info, layer, part, gradient, step);
        return this.context.client.matrixSource(subject.matrix, subject);
      }),
    }));
  }

  private connect(): void {
    const { keys, values } = this;
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
    this.attention.onPoint((cell) => this.lightPosition(cell));
  }

  /** Lights the prefix position behind a column of the attention, if that layer's own attention is shown. */
  private lightPosition(cell: CellPosition | null): void {
    const info = this.current;
    const layer = info ? within(this.context.store.get().layer, info.numLayers) : 0;
    const inPrefix = cell && info && cell.column < info.prefixLength && attentionLayer(info, layer)?.layer === layer;
    const lines = inPrefix ? { rows: [cell.column] } : null;
    for (const pane of [this.keys, this.values]) pane.heatmap.highlight(lines);
  }
}

function prefixFacts(info: PrefixInfo): (Node | false)[] {
  return [
    h('h2', {}, 'Prefix'),
    factList(
      fact('layers', formatCount(info.numLayers)),
      fact('heads × head dim', `${info.numHeads} × ${info.dHead}`),
      fact('prefix length', `${formatCount(info.prefixLength)} positions`),
      fact('parameters', formatCount(info.numLayers * 2 * info.prefixLength * info.numHeads * info.dHead)),
    ),
    info.numLayers > MAX_THUMBNAILS &&
      h('p', { class: 'note' }, `The overview shows the first ${MAX_THUMBNAILS} of ${info.numLayers} layers.`),
  ];
}

function within(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.trunc(index) || 0));
}
