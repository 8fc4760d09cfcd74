/** All tensors of the source: a searchable list, and the chosen one as a heatmap. */

import type { TensorInfo } from '../../../src/protocol/source';
import { h } from '../../shared/element';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { recordedStep } from '../data/recordedStep';
import { findTensor, matrixShape, tensorSubject } from '../data/subject';
import { namedAxis, roleText, tensorRoles } from '../data/tensorRole';
import { gradientSwitch } from '../parts/controls/gradientSwitch';
import { slicePicker } from '../parts/controls/slicePicker';
import { trainingSteps } from '../parts/controls/trainingSteps';
import { jump } from '../parts/matrix/jump';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { TensorBrowser } from '../parts/tensors/tensorBrowser';
import { shapeText } from '../parts/tensors/tensorRows';

export function tensorView(context: ViewContext): View {
  return new TensorView(context);
}

class TensorView implements View {
  private readonly roles: ReturnType<typeof tensorRoles>;
  private readonly colors: ColorModel;
  private readonly pane: MatrixPane;
  private readonly browser: TensorBrowser;
  private readonly slices: ReturnType<typeof slicePicker>;
  private readonly gradients: ReturnType<typeof gradientSwitch>;
  private readonly steps: ReturnType<typeof trainingSteps>;
  private readonly purpose = h('p', { class: 'note purpose' });
  private readonly head: HTMLElement;
  private readonly unsubscribe: () => void;
  private shownKey = '';
  readonly element: HTMLElement;
  readonly details: readonly HTMLElement[];

  constructor(private readonly context: ViewContext) {
    const { description, store, client } = context;
    this.roles = tensorRoles(description);
    this.colors = new ColorModel(client, store);
    this.pane = new MatrixPane(context, this.colors, { label: 'tensor' });
    this.browser = new TensorBrowser(context);
    this.slices = slicePicker((slice) => store.set({ slice }));
    this.gradients = gradientSwitch(store, 'Show values or their gradients');
    this.steps = trainingSteps(description.trainings, (step) => store.set({ step }));
    const tools = [this.slices.element, this.gradients.element, this.steps.element];
    this.head = h('div', { class: 'view-head' }, this.purpose, tools);
    const stage = h('div', { class: 'tensor-stage' }, this.head, this.pane.element);
    this.element = h('div', { class: 'tensor-view' }, this.browser.element, stage);
    this.details = [this.steps.curve];
    this.pane.onViewport(({ target }) => store.setViewport(this.shownKey, target));
    this.pane.onReset(() => {
      this.pane.heatmap.setViewport(null);
      store.setViewport(this.shownKey, null);
    });
    this.browser.show();
    this.showTensor();
    this.seek();
    this.unsubscribe = store.subscribe((changed) => {
      if (['filter', 'sort', 'openGroups'].some((field) => changed.has(field))) this.browser.show();
      if (['tensor', 'slice', 'step', 'gradients'].some((field) => changed.has(field))) this.showTensor();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.steps.dispose();
    this.browser.dispose();
    this.pane.dispose();
    this.colors.dispose();
  }

  private seek(): void {
    const { store } = this.context;
    const { seek } = store.get();
    if (seek === '') return;
    store.set({ seek: '' });
    void jump(this.pane, this.context, seek);
  }

  private showTensor(): void {
    const { pane, steps, purpose } = this;
    const { description, store, active } = this.context;
    const state = store.get();
    const tensor = this.browser.chosen;
    if (!tensor) return pane.setSubject(null, 'This file holds no tensors.');
    const gradient = findTensor(description, tensor.gradient);
    const shown = gradient && state.gradients ? gradient : tensor;
    this.gradients.show(gradient !== undefined, shown === gradient);
    const { leading } = matrixShape(shown.shape);
    const slice = leading.map((size, axis) => Math.min(size - 1, Math.max(0, state.slice[axis] ?? 0)));
    this.slices.show(leading, slice);
    const step = recordedStep(shown.stepped && description.trainings?.[shown.stepped], state);
    steps.show(shown.stepped, step);
    const role = this.roles.get(tensor.name);
    purpose.textContent = role ? roleText(role, tensor) : '';
    purpose.hidden = !role;
    this.head.hidden = !role && leading.length === 0 && !gradient && !shown.stepped;
    const subject = tensorSubject(shown, {
      slice,
      step,
      ...(namedAxis(role?.dims.at(-2)) && { rowLabel: role?.dims.at(-2) }),
      ...(namedAxis(role?.dims.at(-1)) && { columnLabel: role?.dims.at(-1) }),
    });
    const obstacle = obstacleTo(this.context, shown);
    pane.element.classList.toggle('strip', subject.rows === 1);
    pane.setSubject(obstacle === null ? subject : null, obstacle ?? undefined);
    const key = `tensor:${shown.name}`;
    if (key !== this.shownKey) pane.heatmap.setViewport(store.viewport(key));
    this.shownKey = key;
    active.set(pane);
    active.refresh();
  }
}

/** Why the tensor cannot be shown as a matrix; `null` if it can. */
function obstacleTo(context: ViewContext, tensor: TensorInfo): string | null {
  if (tensor.shape.includes(0)) return `Shape ${shapeText(tensor)}: no entries.`;
  return tensor.readable && tensor.undecoded === undefined ? null : unreadableText(context, tensor);
}

function unreadableText({ description }: ViewContext, { name, file, undecoded }: TensorInfo): string {
  const about = (what: string | undefined): string | undefined =>
    what === undefined ? undefined : description.problems.find(({ subject }) => subject === what)?.message;
  return undecoded ?? about(name) ?? about(file) ?? 'The data of this tensor is missing or damaged.';
}
