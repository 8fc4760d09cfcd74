/** A bottleneck adapter as a flow: x, down, non-linearity, up, and the residual path around them. */

import { CancelledError } from '../../../src/protocol/rpc';
import type { BottleneckInfo } from '../../../src/protocol/source';
import { formatCount, formatPercent } from '../../shared/formatNumber';
import type { CellPosition } from '../../shared/heatmap/types';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { gatesOf } from '../data/gates';
import type { Gates } from '../data/gates';
import { readWhole } from '../data/readWhole';
import { recordedStep } from '../data/recordedStep';
import { findTensor, tensorSubject } from '../data/subject';
import type { Subject } from '../data/subject';
import { flowArrow, residualPath } from '../parts/methods/flowArrows';
import { gateOverlay } from '../parts/methods/gateOverlay';
import { h, replace } from '../../shared/element';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { errorText } from '../parts/notes/progressNote';
import { moduleSelect } from '../parts/controls/moduleSelect';
import { gradientSwitch } from '../parts/controls/gradientSwitch';
import { stepSlider } from '../parts/controls/stepSlider';
import { fact, factList } from '../parts/notes/facts';

/** Units that are always closed, named up to this many. */
const LISTED_UNITS = 12;

export function adapterView(context: ViewContext): View {
  return new AdapterView(context);
}

/** The matrices of the flow, from left to right. */
interface FlowPanes {
  readonly input: MatrixPane;
  readonly wDown: MatrixPane;
  readonly units: MatrixPane;
  readonly wUp: MatrixPane;
  readonly output: MatrixPane;
}

class AdapterView implements View {
  private readonly colors: ColorModel;
  private readonly panes: FlowPanes;
  private readonly overlay: ReturnType<typeof gateOverlay>;
  private readonly gradients: ReturnType<typeof gradientSwitch>;
  private readonly picker: ReturnType<typeof moduleSelect>;
  private readonly slider: ReturnType<typeof stepSlider> | undefined;
  private readonly summary = h('p', { class: 'summary', role: 'status' });
  private readonly facts = h('section', { class: 'card' });
  private readonly nonLinearity = flowArrow('ReLU');
  private readonly upwards = flowArrow('× W up');
  private readonly flow: HTMLElement;
  private readonly residual: ReturnType<typeof residualPath>;
  private readonly unsubscribe: () => void;
  private controller: AbortController | null = null;
  private shownModule: string | null = null;
  readonly element: HTMLElement;
  readonly details: readonly HTMLElement[];

  constructor(private readonly context: ViewContext) {
    const { description, store, client } = context;
    const colors = (this.colors = new ColorModel(client, store));
    const pane = (label: string, className: string): MatrixPane =>
      new MatrixPane(context, colors, { label, className });
    this.panes = {
      input: pane('x', 'pane-input'),
      wDown: pane('W down', 'pane-down'),
      units: pane('bottleneck', 'pane-units'),
      wUp: pane('W up', 'pane-up'),
      output: pane('output', 'pane-output'),
    };
    this.overlay = gateOverlay(this.panes.units.heatmap);
    const meaning = 'Gradient of the loss with respect to the weights';
    this.gradients = gradientSwitch(store, 'Show weights or their gradients', meaning);
    this.picker = moduleSelect(
      description.bottlenecks.map(({ module }) => module),
      (module) => store.set({ bottleneck: module }),
    );
    const training = description.trainings?.adapter;
    const slider = (this.slider = training && stepSlider(training, (step) => store.set({ step })));
    this.flow = this.layFlow();
    this.residual = residualPath(this.flow, this.panes.input.element, this.panes.output.element);
    this.element = h(
      'div',
      { class: 'adapter-view' },
      h('div', { class: 'view-head' }, this.picker.element, this.gradients.element, slider?.element),
      slider?.note,
      this.summary,
      h('div', { class: 'flow-frame' }, this.residual.element, this.flow),
    );
    this.details = [...(slider ? [slider.curve] : []), this.facts];
    for (const name of Object.keys(this.panes) as (keyof FlowPanes)[])
      this.panes[name].onPoint((cell) => this.light(name, cell));
    this.show();
    this.unsubscribe = store.subscribe((changed) => {
      if (['bottleneck', 'gradients', 'step'].some((field) => changed.has(field))) this.show();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.controller?.abort();
    this.overlay.dispose();
    this.residual.dispose();
    this.slider?.dispose();
    for (const pane of Object.values(this.panes) as MatrixPane[]) pane.dispose();
    this.colors.dispose();
  }

  private layFlow(): HTMLElement {
    const { input, wDown, units, wUp, output } = this.panes;
    return h(
      'div',
      { class: 'flow' },
      input.element,
      flowArrow('× W down'),
      wDown.element,
      this.nonLinearity,
      units.element,
      this.upwards,
      wUp.element,
      flowArrow('+ x', 'sum'),
      output.element,
    );
  }

  private show(): void {
    const { description, store, active } = this.context;
    const { bottlenecks } = description;
    const info = bottlenecks.find(({ module }) => module === store.get().bottleneck) ?? bottlenecks[0];
    if (!info) return;
    const { activations } = info;
    if (this.step !== undefined) this.slider?.show(this.step);
    this.picker.show(info.module);
    this.showWeights(info);
    this.showActivations(info);
    const nonLinear = info.nonLinearity ?? (activations ? 'ReLU' : 'non-linearity');
    this.nonLinearity.querySelector('span')!.textContent = nonLinear;
    // A flow without activations has one arrow, from one weight to the other.
    this.upwards.querySelector('span')!.textContent = activations ? '× W up' : `${nonLinear}, ×\u00a0W\u00a0up`;
    this.flow.classList.toggle('weights-only', !activations);
    this.residual.element.classList.toggle('hidden-arc', !activations);
    replace(
      this.facts,
      h('h2', {}, 'Adapter'),
      factList(
        fact('model dim', formatCount(info.dModel)),
        fact('bottleneck', `${formatCount(info.bottleneckDim)} units`),
        fact('parameters', formatCount(this.parametersOf(info))),
        info.nonLinearity ? fact('non-linearity', info.nonLinearity) : [],
        info.placement ? fact('placed', info.placement) : [],
        biases(info).flatMap(([label, name]) => fact(label, this.showButton(name))),
      ),
    );
    void this.showGates(info);
    if (this.shownModule !== info.module) active.set(this.panes.wDown);
    this.shownModule = info.module;
    active.refresh();
  }

  private get step(): number | undefined {
    const { description, store } = this.context;
    return recordedStep(description.trainings?.adapter, store.get());
  }

  private showWeights({ wDown, wUp, transposed }: BottleneckInfo): void {
    const { description, store } = this.context;
    const down = findTensor(description, wDown);
    const up = findTensor(description, wUp);
    const withGradients = down?.gradient !== undefined && up?.gradient !== undefined;
    const showGradients = withGradients && store.get().gradients;
    this.gradients.show(withGradients, showGradients);
    const weight = (tensor: typeof down, title: string, rowLabel: string, columnLabel: string): Subject | null => {
      const labels = { transposed, rowLabel, columnLabel, step: this.step };
      if (!showGradients) return tensor ? tensorSubject(tensor, { ...labels, title }) : null;
      const gradient = findTensor(description, tensor?.gradient);
      // Gradients shrink during training, so the colours of the first step show all of them.
      const domainStep = description.trainings?.adapter.recordedSteps[0];
      const ofGradient = { title: `∂loss/∂${title}`, gradientOf: tensor, domainStep };
      return gradient ? tensorSubject(gradient, { ...labels, ...ofGradient }) : null;
    };
    this.panes.wDown.setSubject(weight(down, 'W down', 'model dim', 'unit'));
    this.panes.wUp.setSubject(weight(up, 'W up', 'unit', 'model dim'));
  }

  private showActivations({ activations }: BottleneckInfo): void {
    const activation = (name: string | undefined, title: string, columnLabel: string): Subject | null => {
      const tensor = findTensor(this.context.description, name);
      return tensor ? tensorSubject(tensor, { title, rowLabel: 'token', columnLabel, step: this.step }) : null;
    };
    this.panes.input.setSubject(activation(activations?.input, 'x', 'model dim'));
    this.panes.units.setSubject(activation(activations?.activated, 'h, after ReLU', 'unit'));
    this.panes.output.setSubject(activation(activations?.output, 'y = x + h · W up', 'model dim'));
  }

  private showButton(tensor: string): HTMLElement {
    const onclick = (): void => this.context.store.set({ tab: 'tensors', tensor });
    return h('button', { type: 'button', class: 'small', onclick }, 'Show');
  }

  /** The count covers all tensors of the module that the file names, so that biases count. */
  private parametersOf({ module, dModel, bottleneckDim }: BottleneckInfo): number {
    const whole = this.context.description.adapters?.find((found) => found.module === module);
    return whole?.parameters ?? 2 * dModel * bottleneckDim;
  }

  private async showGates({ activations }: BottleneckInfo): Promise<void> {
    const { summary, overlay } = this;
    const { description, client } = this.context;
    this.controller?.abort();
    const down = findTensor(description, activations?.down);
    if (!down) {
      overlay.show(null);
      summary.textContent = 'The file holds weights only. Activations are shown after a forward pass, as in the demo.';
      return;
    }
    const { signal } = (this.controller = new AbortController());
    const { rows, columns, matrix } = tensorSubject(down, { step: this.step });
    const source = client.matrixSource(matrix, { rows, columns });
    try {
      const values = await readWhole(source, signal);
      if (signal.aborted) return;
      const gates = gatesOf(values, rows, columns);
      overlay.show(gates);
      replace(summary, h('span', { class: 'swatch hatched' }), gatesText(gates));
    } catch (error) {
      if (!(error instanceof CancelledError))
        summary.textContent = `The activations could not be read: ${errorText(error)}`;
    }
  }

  /** A cell under the pointer lights up its neighbours in the flow: a token's row, a unit's column. */
  private light(pointed: keyof FlowPanes, cell: CellPosition | null): void {
    const { input, wDown, units, wUp, output } = this.panes;
    for (const pane of Object.values(this.panes) as MatrixPane[]) pane.heatmap.highlight(null);
    if (!cell) return;
    const { token, unit, dim } = meaningOf(pointed, cell);
    const light = (pane: MatrixPane, row: number | null, column: number | null): void => {
      if (pane === this.panes[pointed]) return;
      pane.heatmap.highlight({ ...(row !== null && { rows: [row] }), ...(column !== null && { columns: [column] }) });
    };
    light(input, token, pointed === 'units' ? null : dim);
    light(wDown, pointed === 'input' ? dim : null, unit);
    light(units, token, unit);
    light(wUp, unit, pointed === 'output' ? dim : null);
    light(output, token, pointed === 'units' ? null : dim);
  }
}

/** What the row and the column of a cell count, by the matrix it lies in. */
function meaningOf(
  pane: keyof FlowPanes,
  { row, column }: CellPosition,
): { readonly token: number | null; readonly unit: number | null; readonly dim: number | null } {
  switch (pane) {
    case 'wDown':
      return { token: null, unit: column, dim: row };
    case 'units':
      return { token: row, unit: column, dim: null };
    case 'wUp':
      return { token: null, unit: row, dim: column };
    default:
      return { token: row, unit: null, dim: column };
  }
}

function gatesText({ tokens, units, closedCount, alwaysClosed }: Gates): string {
  const listed = alwaysClosed.slice(0, LISTED_UNITS).join(', ');
  const more = alwaysClosed.length > LISTED_UNITS ? '…' : '';
  return (
    ` ${formatCount(closedCount)} of ${formatCount(tokens * units)} activations closed by the ReLU` +
    ` (${formatPercent(closedCount / (tokens * units))})` +
    ` · ${alwaysClosed.length} of ${units} units always closed${listed === '' ? '' : `: ${listed}${more}`}`
  );
}

function biases({ downBias, upBias }: BottleneckInfo): [string, string][] {
  return [
    ...(downBias === undefined ? [] : [['bias of W down', downBias] as [string, string]]),
    ...(upBias === undefined ? [] : [['bias of W up', upBias] as [string, string]]),
  ];
}
