/** A bottleneck adapter as a flow: x, down, non-linearity, up, and the residual path around them. */

import { CancelledError } from '../../../src/protocol/rpc';
import type { BottleneckInfo } from '../../../src/protocol/source';
import { formatCount, formatPercent } from '../../shared/formatNumber';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { gatesOf } from '../data/gates';
import { readWhole } from '../data/readWhole';
import { findTensor, matrixShape, tensorSubject } from '../data/subject';
import { flowArrow, residualPath } from '../parts/methods/flowArrows';
import { gateOverlay } from '../parts/methods/gateOverlay';
import { h, replace } from '../../shared/element';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { errorText } from '../parts/notes/progressNote';
import { moduleSelect } from '../parts/controls/moduleSelect';
import { segmented } from '../parts/controls/segmented';
import { fact, factList } from '../parts/notes/facts';

export function adapterView(context: ViewContext): View {
  const { description, store, client } = context;
  const colors = new ColorModel(client, store);
  const pane = (label: string, className: string): MatrixPane => new MatrixPane(context, colors, { label, className });
  const input = pane('x', 'pane-input');
  const wDown = pane('W down', 'pane-down');
  const units = pane('bottleneck', 'pane-units');
  const wUp = pane('W up', 'pane-up');
  const output = pane('output', 'pane-output');
  const panes = [input, wDown, units, wUp, output];
  const overlay = gateOverlay(units.heatmap);
  const gradients = segmented<'value' | 'gradient'>(
    'Show weights or their gradients',
    [
      { value: 'value', label: 'Values' },
      { value: 'gradient', label: 'Gradients', title: 'Gradient of the loss with respect to the weights' },
    ],
    (value) => store.set({ gradients: value === 'gradient' }),
  );
  const picker = moduleSelect(
    description.bottlenecks.map(({ module }) => module),
    (module) => store.set({ bottleneck: module }),
  );
  const summary = h('p', { class: 'summary', role: 'status' });
  const facts = h('section', { class: 'card' });
  const nonLinearity = flowArrow('ReLU');
  const upwards = flowArrow('× W up');
  const flow = h(
    'div',
    { class: 'flow' },
    input.element,
    flowArrow('× W down'),
    wDown.element,
    nonLinearity,
    units.element,
    upwards,
    wUp.element,
    flowArrow('+ x', 'sum'),
    output.element,
  );
  const residual = residualPath(flow, input.element, output.element);
  const element = h(
    'div',
    { class: 'adapter-view' },
    h('div', { class: 'view-head' }, picker.element, gradients.element, summary),
    h('div', { class: 'flow-frame' }, residual.element, flow),
  );
  let controller: AbortController | null = null;

  const current = (): BottleneckInfo | undefined =>
    description.bottlenecks.find(({ module }) => module === store.get().bottleneck) ?? description.bottlenecks[0];

  function show(): void {
    const info = current();
    if (!info) return;
    picker.show(info.module);
    const down = findTensor(description, info.wDown);
    const up = findTensor(description, info.wUp);
    const withGradients = down?.gradient !== undefined && up?.gradient !== undefined;
    const showGradients = withGradients && store.get().gradients;
    gradients.element.hidden = !withGradients;
    gradients.show(showGradients ? 'gradient' : 'value');
    const weight = (tensor: typeof down, title: string, rowLabel: string, columnLabel: string) => {
      const shown = showGradients ? findTensor(description, tensor?.gradient) : tensor;
      return shown
        ? tensorSubject(shown, {
            transposed: info.transposed,
            title: showGradients ? `∂loss/∂${title}` : title,
            rowLabel,
            columnLabel,
            gradientOf: showGradients ? tensor : undefined,
          })
        : null;
    };
    wDown.setSubject(weight(down, 'W down', 'model dim', 'unit'));
    wUp.setSubject(weight(up, 'W up', 'unit', 'model dim'));
    const activation = (name: string | undefined, title: string, columnLabel: string) => {
      const tensor = findTensor(description, name);
      return tensor ? tensorSubject(tensor, { title, rowLabel: 'token', columnLabel }) : null;
    };
    const nonLinear = info.nonLinearity ?? (info.activations ? 'ReLU' : 'non-linearity');
    nonLinearity.querySelector('span')!.textContent = nonLinear;
    // A flow without activations has one arrow, from one weight to the other.
    upwards.querySelector('span')!.textContent = info.activations ? '× W up' : `${nonLinear}, ×\u00a0W\u00a0up`;
    const { activations } = info;
    flow.classList.toggle('weights-only', !activations);
    residual.element.classList.toggle('hidden-arc', !activations);
    input.setSubject(activation(activations?.input, 'x', 'model dim'));
    units.setSubject(activation(activations?.activated, 'h, after ReLU', 'unit'));
    output.setSubject(activation(activations?.output, 'y = x + h · W up', 'model dim'));
    replace(
      facts,
      h('h3', {}, 'Adapter'),
      factList(
        fact('model dim', formatCount(info.dModel)),
        fact('bottleneck', `${formatCount(info.bottleneckDim)} units`),
        fact('parameters', formatCount(parametersOf(info))),
        info.nonLinearity ? fact('non-linearity', info.nonLinearity) : [],
        info.placement ? fact('placed', info.placement) : [],
        ...biases(info).map(([label, name]) => fact(label, showButton(name))),
      ),
    );
    void showGates(info);
    context.active.set(wDown);
    context.active.refresh();
  }

  function showButton(tensor: string): HTMLElement {
    const onclick = (): void => store.set({ tab: 'tensors', tensor });
    return h('button', { type: 'button', class: 'small', onclick }, 'Show');
  }

  /** The count covers all tensors of the module that the file names, so that biases count. */
  function parametersOf({ module, dModel, bottleneckDim }: BottleneckInfo): number {
    const whole = description.adapters?.find((found) => found.module === module);
    return whole?.parameters ?? 2 * dModel * bottleneckDim;
  }

  async function showGates({ activations }: BottleneckInfo): Promise<void> {
    controller?.abort();
    overlay.show(null);
    const down = findTensor(description, activations?.down);
    if (!down) {
      summary.textContent = 'The file holds weights only. Activations are shown after a forward pass, as in the demo.';
      return;
    }
    const { signal } = (controller = new AbortController());
    const { rows, columns } = matrixShape(down.shape);
    try {
      const values = await readWhole(
        client.matrixSource({ kind: 'tensor', name: down.name }, { rows, columns }),
        signal,
      );
      if (signal.aborted) return;
      const gates = gatesOf(values, rows, columns);
      overlay.show(gates);
      const always = gates.alwaysClosed;
      const listed = always.length > 0 ? `: ${always.slice(0, 12).join(', ')}${always.length > 12 ? '…' : ''}` : '';
      replace(
        summary,
        h('span', { class: 'swatch hatched' }),
        ` ${formatCount(gates.closedCount)} of ${formatCount(rows * columns)} activations closed by the ReLU`,
        ` (${formatPercent(gates.closedCount / (rows * columns))})`,
        ` · ${always.length} of ${columns} units always closed${listed}`,
      );
    } catch (error) {
      if (!(error instanceof CancelledError))
        summary.textContent = `The activations could not be read: ${errorText(error)}`;
    }
  }

  /** A cell under the pointer lights up its neighbours in the flow: a token's row, a unit's column. */
  for (const pointed of panes) {
    pointed.onPoint((cell) => {
      for (const one of panes) one.heatmap.highlight(null);
      if (!cell) return;
      const token = pointed === input || pointed === units || pointed === output ? cell.row : null;
      const unit = pointed === wDown || pointed === units ? cell.column : pointed === wUp ? cell.row : null;
      const dim =
        pointed === input || pointed === output || pointed === wUp ? cell.column : pointed === wDown ? cell.row : null;
      const light = (one: MatrixPane, row: number | null, column: number | null): void => {
        if (one !== pointed)
          one.heatmap.highlight({
            ...(row !== null && { rows: [row] }),
            ...(column !== null && { columns: [column] }),
          });
      };
      light(input, token, pointed === units ? null : dim);
      light(wDown, pointed === input ? dim : null, unit);
      light(units, token, unit);
      light(wUp, unit, pointed === output ? dim : null);
      light(output, token, pointed === units ? null : dim);
    });
  }

  show();
  const unsubscribe = store.subscribe((changed) => {
    if (changed.has('bottleneck') || changed.has('gradients')) show();
  });
  return {
    element,
    details: [facts],
    dispose() {
      unsubscribe();
      controller?.abort();
      overlay.dispose();
      residual.dispose();
      for (const one of panes) one.dispose();
      colors.dispose();
    },
  };
}

function biases({ downBias, upBias }: BottleneckInfo): [string, string][] {
  return [
    ...(downBias === undefined ? [] : [['bias of W down', downBias] as [string, string]]),
    ...(upBias === undefined ? [] : [['bias of W up', upBias] as [string, string]]),
  ];
}
