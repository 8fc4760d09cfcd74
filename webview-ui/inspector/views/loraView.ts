/**
 * One LoRA module as a matrix product on shared axes: A above, B at the left, scaling * B * A where they meet. Column j
 * of A is above column j of the product, row i of B beside row i.
 */

import type { LoraModuleInfo } from '../../../src/protocol/source';
import type { CellPosition, Viewport, ViewMove } from '../../shared/heatmap/types';
import { mapMove } from '../../shared/heatmap/viewport';
import { naturalMargins } from '../../shared/heatmap/margins';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { hasGradients, loraSubjects } from '../data/loraSubjects';
import type { Corner } from '../data/loraSubjects';
import { h } from '../../shared/element';
import { loraFormula } from '../parts/methods/loraFormula';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { modulePicker } from '../parts/controls/modulePicker';
import { productsCard } from '../parts/methods/products';
import { productLookup } from '../parts/methods/productLookup';
import { segmented } from '../parts/controls/segmented';
import { spectrumCard } from '../parts/methods/spectrumCard';
import { stepSlider } from '../parts/controls/stepSlider';
import { zeroNote } from '../parts/notes/zeroNote';

export function loraView(context: ViewContext): View {
  const { description, store, client } = context;
  const colors = new ColorModel(client, store);
  const training = description.training;
  const a = new MatrixPane(context, colors, {
    label: 'A',
    className: 'pane-a',
    axes: { top: true, left: true },
    zoom: { x: true, y: false },
  });
  const b = new MatrixPane(context, colors, {
    label: 'B',
    className: 'pane-b',
    axes: { top: true, left: true },
    zoom: { x: false, y: true },
  });
  const product = new MatrixPane(context, colors, {
    label: 'ΔW',
    className: 'pane-product',
    axes: { top: true, left: true },
  });
  const panes = [a, b, product];

  const corner = segmented<Corner>(
    'Matrix shown where A and B meet',
    [
      { value: 'delta', label: 'ΔW', title: 'scaling · B · A' },
      { value: 'weight', label: 'W', title: 'The frozen weight' },
      { value: 'merged', label: 'W + ΔW', title: 'The frozen weight with the adapter merged into it' },
    ],
    (value) => store.set({ corner: value }),
  );
  const gradients = segmented<'value' | 'gradient'>(
    'Show A and B or their gradients',
    [
      { value: 'value', label: 'Values' },
      { value: 'gradient', label: 'Gradients', title: 'Gradient of the loss with respect to A and B' },
    ],
    (value) => store.set({ gradients: value === 'gradient' }),
  );
  const picker = modulePicker(description.lora, (module) => store.set({ module }));
  const slider = training && stepSlider(training, (step) => store.set({ step }));
  const formula = loraFormula();
  const note = zeroNote(client);
  const spectrum = spectrumCard(context);
  const products = productsCard('Point at an entry of ΔW to see the products that sum to it.');

  const layout = h('div', { class: 'product-layout' }, formula.element, a.element, b.element, product.element);
  const element = h(
    'div',
    { class: 'lora-view' },
    h('div', { class: 'view-head' }, picker.element, corner.element, gradients.element, slider?.element),
    layout,
  );
  product.element.append(note.element);

  const lookup = productLookup(context, (found, row, column) => products.show(found, row, column));

  const current = (): LoraModuleInfo | undefined =>
    description.lora.find(({ module }) => module === store.get().module) ?? description.lora[0];
  const stepNow = (): number | undefined => {
    if (!training) return undefined;
    const { step } = store.get();
    return training.recordedSteps.includes(step) ? step : training.recordedSteps[0];
  };

  function light(pane: MatrixPane, cell: CellPosition | null): void {
    const info = current();
    const row = cell && pane !== a ? cell.row : null;
    const column = cell && pane !== b ? cell.column : null;
    const k = cell && (pane === a ? cell.row : pane === b ? cell.column : null);
    a.heatmap.highlight(pane === a || !cell ? null : pane === b ? { rows: [k ?? 0] } : { columns: [column ?? 0] });
    b.heatmap.highlight(pane === b || !cell ? null : pane === a ? { columns: [k ?? 0] } : { rows: [row ?? 0] });
    product.heatmap.highlight(
      pane === product || !cell ? null : pane === a ? { columns: [column ?? 0] } : { rows: [row ?? 0] },
    );
    if (pane === product && info?.unavailable === undefined) lookup.at(info?.module ?? '', cell, stepNow());
  }
  for (const pane of panes) pane.onPoint((cell) => light(pane, cell));

  const key = (): string => `lora:${current()?.module ?? ''}`;
  /** The three panes share two axes; the rank axes are always whole. The pane that leads moves by itself. */
  function share(move: ViewMove | null, leader: MatrixPane = product): void {
    const info = current();
    if (!info) return;
    const { rank } = info;
    const show = (pane: MatrixPane, map: (viewport: Viewport) => Viewport): void => {
      if (pane === leader) return;
      if (move) pane.heatmap.follow(mapMove(move, map));
      else pane.heatmap.setViewport(null);
    };
    show(a, ({ x0, x1 }) => ({ x0, x1, y0: 0, y1: rank }));
    show(b, ({ y0, y1 }) => ({ x0: 0, x1: rank, y0, y1 }));
  }
  product.onViewport((move) => (share(move), store.setViewport(key(), move.target)));
  a.onViewport((move) => lead(a, move, ({ x0, x1 }) => ({ x0, x1 })));
  b.onViewport((move) => lead(b, move, ({ y0, y1 }) => ({ y0, y1 })));
  /** A factor moves the others along the axis that it shares with the product. */
  function lead(
    leader: MatrixPane,
    { shown, target }: ViewMove,
    shared: (viewport: Viewport) => Partial<Viewport>,
  ): void {
    const move = {
      shown: { ...product.heatmap.viewport, ...shared(shown) },
      target: { ...product.heatmap.target, ...shared(target) },
    };
    product.heatmap.follow(move);
    share(move, leader);
    store.setViewport(key(), move.target);
  }
  for (const pane of panes) {
    pane.onReset(() => {
      product.heatmap.setViewport(null);
      share(null);
      store.setViewport(key(), null);
    });
  }

  let shownModule = '';
  function show(): void {
    const info = current();
    if (!info) return;
    const state = store.get();
    const step = stepNow();
    const weightKnown = info.weight !== undefined;
    const withGradients = hasGradients(description, info);
    const cornerNow: Corner = weightKnown ? state.corner : 'delta';
    const showGradients = withGradients && state.gradients;
    corner.element.hidden = !weightKnown;
    gradients.element.hidden = !withGradients;
    corner.show(cornerNow);
    gradients.show(showGradients ? 'gradient' : 'value');
    picker.show(info.module);
    formula.show(info, cornerNow);
    if (training && step !== undefined) slider?.show(step);
    // The margins are equal on both sides of a shared axis, so that a column is exactly above its counterpart.
    const { left, right, top, bottom } = naturalMargins(
      { label: '', rowLabel: '', columnLabel: '' },
      { rows: info.outFeatures, columns: info.inFeatures },
    );
    a.setMargins({ left, right });
    b.setMargins({ left, top, bottom });
    product.setMargins({ left, right, top, bottom });
    const subjects = loraSubjects(description, info, cornerNow, showGradients, step);
    const moved = shownModule !== info.module;
    shownModule = info.module;
    a.setSubject(subjects.a, info.unavailable);
    b.setSubject(subjects.b, info.unavailable);
    product.setSubject(subjects.corner, info.unavailable);
    layout.classList.toggle('tall-rank', info.rank > 32);
    products.element.hidden = info.unavailable !== undefined;
    if (moved) {
      const viewport = store.viewport(key());
      product.heatmap.setViewport(viewport);
      share(viewport && { shown: viewport, target: viewport });
      lookup.at('', null, undefined);
      products.show(null, 0, 0);
      context.active.set(product);
    } else {
      context.active.refresh();
      lookup.again(step);
    }
    note.show(info, findB(), cornerNow, step);
    spectrum.show(info, step, training?.recordedSteps.at(-1));
  }
  function findB(): ReturnType<typeof loraSubjects>['b'] {
    const info = current();
    return info ? loraSubjects(description, info, 'delta', false, stepNow()).b : null;
  }

  show();
  const unsubscribe = store.subscribe((changed) => {
    if (['module', 'corner', 'gradients', 'step'].some((field) => changed.has(field))) show();
    if (changed.has('spectrumScale')) spectrum.redraw();
  });
  return {
    element,
    details: [...(slider ? [slider.curve] : []), products.element, spectrum.element],
    dispose() {
      unsubscribe();
      lookup.dispose();
      slider?.dispose();
      spectrum.dispose();
      note.dispose();
      for (const pane of panes) pane.dispose();
      colors.dispose();
    },
  };
}
