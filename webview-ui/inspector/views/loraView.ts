/**
 * One LoRA module as a matrix product on shared axes: A above, B at the left, scaling * B * A where they meet. Column j
 * of A is above column j of the product, row i of B beside row i. A LoKr or LoHa module has its own factors above the
 * product instead.
 */

import type { LoraModuleInfo } from '../../../src/protocol/source';
import type { CellPosition, Viewport, ViewMove } from '../../shared/heatmap/types';
import { mapMove } from '../../shared/heatmap/viewport';
import { naturalMargins } from '../../shared/heatmap/margins';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { hasGradients, loraSubjects } from '../data/loraSubjects';
import { recordedStep } from '../data/recordedStep';
import type { Corner } from '../data/loraSubjects';
import type { StateStore } from '../data/state';
import { h } from '../../shared/element';
import { loraFormula } from '../parts/methods/loraFormula';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { modulePicker } from '../parts/controls/modulePicker';
import { productsCard } from '../parts/methods/products';
import { productLookup } from '../parts/methods/productLookup';
import { gradientSwitch } from '../parts/controls/gradientSwitch';
import { segmented } from '../parts/controls/segmented';
import { spectrumCard } from '../parts/methods/spectrumCard';
import { StructureFactors } from '../parts/methods/structureFactors';
import { stepSlider } from '../parts/controls/stepSlider';
import { zeroNote } from '../parts/notes/zeroNote';

/** Above this rank the factors get more room. */
const TALL_RANK = 32;

export function loraView(context: ViewContext): View {
  return new LoraView(context);
}

class LoraView implements View {
  private readonly colors: ColorModel;
  private readonly a: MatrixPane;
  private readonly b: MatrixPane;
  private readonly product: MatrixPane;
  private readonly factors: StructureFactors;
  private readonly corner: ReturnType<typeof cornerSwitch>;
  private readonly gradients: ReturnType<typeof gradientSwitch>;
  private readonly picker: ReturnType<typeof modulePicker>;
  private readonly slider: ReturnType<typeof stepSlider> | undefined;
  private readonly formula = loraFormula();
  private readonly note: ReturnType<typeof zeroNote>;
  private readonly spectrum: ReturnType<typeof spectrumCard>;
  private readonly products = productsCard('Point at an entry of ΔW to see the products that sum to it.');
  private readonly lookup: ReturnType<typeof productLookup>;
  private readonly layout: HTMLElement;
  private readonly unsubscribe: () => void;
  private shownModule = '';
  readonly element: HTMLElement;
  readonly details: readonly HTMLElement[];

  constructor(private readonly context: ViewContext) {
    const { description, store, client } = context;
    const training = description.trainings?.lora;
    const colors = (this.colors = new ColorModel(client, store));
    const axes = { top: true, left: true };
    this.a = new MatrixPane(context, colors, { label: 'A', className: 'pane-a', axes, zoom: { x: true, y: false } });
    this.b = new MatrixPane(context, colors, { label: 'B', className: 'pane-b', axes, zoom: { x: false, y: true } });
    this.product = new MatrixPane(context, colors, { label: 'ΔW', className: 'pane-product', axes });
    this.corner = cornerSwitch(store);
    const meaning = 'Gradient of the loss with respect to A and B';
    this.gradients = gradientSwitch(store, 'Show A and B or their gradients', meaning);
    this.picker = modulePicker(description.lora, (module) => store.set({ module }));
    this.slider = training && stepSlider(training, (step) => store.set({ step }));
    this.note = zeroNote(client);
    this.spectrum = spectrumCard(context);
    this.lookup = productLookup(context, (found, row, column) => this.products.show(found, row, column));
    this.factors = new StructureFactors(context, colors);
    const { a, b, product, slider, factors } = this;
    const matrices = [a.element, b.element, factors.element, product.element];
    this.layout = h('div', { class: 'product-layout' }, this.formula.element, matrices);
    const tools = [this.picker.element, this.corner.element, this.gradients.element, slider?.element];
    const head = h('div', { class: 'view-head' }, tools);
    this.element = h('div', { class: 'lora-view' }, head, slider?.note, this.layout);
    product.element.append(this.note.element);
    this.details = [...(slider ? [slider.curve] : []), this.products.element, this.spectrum.element];
    this.connect();
    this.show();
    this.unsubscribe = store.subscribe((changed) => {
      if (['module', 'corner', 'gradients', 'step'].some((field) => changed.has(field))) this.show();
      if (changed.has('spectrumScale')) this.spectrum.redraw();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.lookup.dispose();
    this.slider?.dispose();
    this.spectrum.dispose();
    this.note.dispose();
    for (const pane of [this.a, this.b, this.product, this.factors]) pane.dispose();
    this.colors.dispose();
  }

  private get current(): LoraModuleInfo | undefined {
    const { description, store } = this.context;
    return description.lora.find(({ module }) => module === store.get().module) ?? description.lora[0];
  }

  private get step(): number | undefined {
    return recordedStep(this.context.description.trainings?.lora, this.context.store.get());
  }

  /** Key of the view that is kept for the current module. */
  private get key(): string {
    return `lora:${this.current?.module ?? ''}`;
  }

  private connect(): void {
    const { a, b, product } = this;
    const { store } = this.context;
    product.onViewport((move) => (this.share(move), store.setViewport(this.key, move.target)));
    a.onViewport((move) => this.lead(a, move, ({ x0, x1 }) => ({ x0, x1 })));
    b.onViewport((move) => this.lead(b, move, ({ y0, y1 }) => ({ y0, y1 })));
    for (const pane of [a, b, product]) {
      pane.onPoint((cell) => this.light(pane, cell));
      pane.onReset(() => {
        product.heatmap.setViewport(null);
        this.share(null);
        store.setViewport(this.key, null);
      });
    }
  }

  private light(pane: MatrixPane, cell: CellPosition | null): void {
    const { a, b, product } = this;
    const info = this.current;
    const row = cell && pane !== a ? cell.row : null;
    const column = cell && pane !== b ? cell.column : null;
    const k = cell && (pane === a ? cell.row : pane === b ? cell.column : null);
    a.heatmap.highlight(pane === a || !cell ? null : pane === b ? { rows: [k ?? 0] } : { columns: [column ?? 0] });
    b.heatmap.highlight(pane === b || !cell ? null : pane === a ? { columns: [k ?? 0] } : { rows: [row ?? 0] });
    product.heatmap.highlight(
      pane === product || !cell ? null : pane === a ? { columns: [column ?? 0] } : { rows: [row ?? 0] },
    );
    if (pane === product) this.factors.highlight(cell);
    if (pane === product && info?.unavailable === undefined && !info?.structure)
      this.lookup.at(info?.module ?? '', cell, this.step);
  }

  /** The three panes share two axes; the rank axes are always whole. The pane that leads moves by itself. */
  private share(move: ViewMove | null, leader: MatrixPane = this.product): void {
    const info = this.current;
    if (!info) return;
    const { rank } = info;
    const show = (pane: MatrixPane, map: (viewport: Viewport) => Viewport): void => {
      if (pane === leader) return;
      if (move) pane.heatmap.follow(mapMove(move, map));
      else pane.heatmap.setViewport(null);
    };
    show(this.a, ({ x0, x1 }) => ({ x0, x1, y0: 0, y1: rank }));
    show(this.b, ({ y0, y1 }) => ({ x0: 0, x1: rank, y0, y1 }));
  }

  /** A factor moves the others along the axis that it shares with the product. */
  private lead(
    leader: MatrixPane,
    { shown, target }: ViewMove,
    shared: (viewport: Viewport) => Partial<Viewport>,
  ): void {
    const { heatmap } = this.product;
    const move = {
      shown: { ...heatmap.viewport, ...shared(shown) },
      target: { ...heatmap.target, ...shared(target) },
    };
    heatmap.follow(move);
    this.share(move, leader);
    this.context.store.setViewport(this.key, move.target);
  }

  private show(): void {
    const info = this.current;
    if (!info) return;
    const { description, store } = this.context;
    const state = store.get();
    const { step } = this;
    const weightKnown = info.weight !== undefined;
    const withGradients = hasGradients(description, info);
    const corner: Corner = weightKnown ? state.corner : 'delta';
    const showGradients = withGradients && state.gradients;
    this.corner.element.hidden = !weightKnown;
    this.corner.show(corner);
    this.gradients.show(withGradients, showGradients);
    this.picker.show(info.module);
    this.formula.show(info, corner);
    if (step !== undefined) this.slider?.show(step);
    this.showMatrices(info, corner, showGradients);
    this.layout.classList.toggle('tall-rank', info.rank > TALL_RANK);
    const structured = this.factors.show(info);
    for (const pane of [this.a, this.b]) pane.element.hidden = structured;
    this.layout.classList.toggle('structured', structured);
    this.products.element.hidden = info.unavailable !== undefined || structured;
    if (this.shownModule === info.module) {
      this.context.active.refresh();
      this.lookup.again(step);
    } else {
      this.shownModule = info.module;
      this.startModule();
    }
    const { b } = loraSubjects(description, info, 'delta', false, step);
    this.note.show(info, b, corner, step);
    this.spectrum.show(info, step, description.trainings?.lora.recordedSteps.at(-1));
  }

  private showMatrices(info: LoraModuleInfo, corner: Corner, showGradients: boolean): void {
    const { a, b, product } = this;
    // The margins are equal on both sides of a shared axis, so that a column is exactly above its counterpart.
    const { left, right, top, bottom } = naturalMargins(
      { label: '', rowLabel: '', columnLabel: '' },
      { rows: info.outFeatures, columns: info.inFeatures },
    );
    a.setMargins({ left, right });
    b.setMargins({ left, top, bottom });
    product.setMargins({ left, right, top, bottom });
    const subjects = loraSubjects(this.context.description, info, corner, showGradients, this.step);
    a.setSubject(subjects.a, info.unavailable);
    b.setSubject(subjects.b, info.unavailable);
    product.setSubject(subjects.corner, info.unavailable);
  }

  /** Shows a module's own view, and nothing of the previous module. */
  private startModule(): void {
    const viewport = this.context.store.viewport(this.key);
    this.product.heatmap.setViewport(viewport);
    this.share(viewport && { shown: viewport, target: viewport });
    this.lookup.at('', null, undefined);
    this.products.show(null, 0, 0);
    this.context.active.set(this.product);
  }
}

function cornerSwitch(store: StateStore): ReturnType<typeof segmented<Corner>> {
  return segmented<Corner>(
    'Matrix shown where A and B meet',
    [
      { value: 'delta', label: 'ΔW', title: 'scaling · B · A' },
      { value: 'weight', label: 'W', title: 'The frozen weight' },
      { value: 'merged', label: 'W + ΔW', title: 'The frozen weight with the adapter merged into it' },
    ],
    (value) => store.set({ corner: value }),
  );
}
