/** Prompt tuning: the learned prompt before the input embeddings, as one sequence with the boundary marked. */

import type { PromptInfo } from '../../../src/protocol/source';
import { formatCount } from '../../shared/formatNumber';
import type { View, ViewContext } from '../context';
import { ColorModel } from '../data/colorModel';
import { recordedStep } from '../data/recordedStep';
import type { InspectorState } from '../data/state';
import { findTensor, tensorSubject } from '../data/subject';
import type { Subject } from '../data/subject';
import { h, replace } from '../../shared/element';
import { MatrixPane } from '../parts/matrix/matrixPane';
import { moduleSelect } from '../parts/controls/moduleSelect';
import { segmented } from '../parts/controls/segmented';
import { stepSlider } from '../parts/controls/stepSlider';
import { fact, factList } from '../parts/notes/facts';

type Part = InspectorState['promptPart'];

export function promptView(context: ViewContext): View {
  return new PromptView(context);
}

class PromptView implements View {
  private readonly colors: ColorModel;
  private readonly pane: MatrixPane;
  private readonly picker: ReturnType<typeof moduleSelect>;
  private readonly parts: ReturnType<typeof segmented<Part>>;
  private readonly slider: ReturnType<typeof stepSlider> | undefined;
  private readonly lengths = h('p', { class: 'lengths' });
  private readonly facts = h('section', { class: 'card' });
  private readonly unsubscribe: () => void;
  readonly element: HTMLElement;
  readonly details: readonly HTMLElement[];

  constructor(private readonly context: ViewContext) {
    const { description, store, client } = context;
    this.colors = new ColorModel(client, store);
    this.pane = new MatrixPane(context, this.colors, { label: 'prompt' });
    this.picker = moduleSelect(
      description.prompts.map(({ module }) => module),
      (prompt) => store.set({ prompt }),
    );
    this.parts = segmented<Part>(
      'Show the sequence, the prompt or its gradient',
      [
        { value: 'sequence', label: 'Prompt + input', title: 'The sequence that the model sees' },
        { value: 'prompt', label: 'Prompt' },
        { value: 'gradient', label: 'Gradient', title: 'Gradient of the loss with respect to the prompt' },
      ],
      (promptPart) => store.set({ promptPart }),
    );
    const training = description.trainings?.prompt;
    const slider = (this.slider = training && stepSlider(training, (step) => store.set({ step })));
    this.details = [...(slider ? [slider.curve] : []), this.facts];
    this.element = h(
      'div',
      { class: 'prompt-view' },
      h('div', { class: 'view-head' }, this.picker.element, this.parts.element, this.lengths, slider?.element),
      slider?.note,
      this.pane.element,
    );
    this.show();
    this.unsubscribe = store.subscribe((changed) => {
      if (['prompt', 'promptPart', 'step'].some((field) => changed.has(field))) this.show();
    });
  }

  dispose(): void {
    this.unsubscribe();
    this.slider?.dispose();
    this.pane.dispose();
    this.colors.dispose();
  }

  private show(): void {
    const { description, store, active } = this.context;
    const info = description.prompts.find(({ module }) => module === store.get().prompt) ?? description.prompts[0];
    if (!info) return;
    const training = description.trainings?.prompt;
    const step = recordedStep(training, store.get());
    if (step !== undefined) this.slider?.show(step);
    this.picker.show(info.module);
    const offered: Part[] = ['prompt'];
    if (findTensor(description, info.sequence?.name)) offered.push('sequence');
    if (findTensor(description, findTensor(description, info.prompt)?.gradient)) offered.push('gradient');
    const { promptPart } = store.get();
    const part = offered.includes(promptPart) ? promptPart : 'prompt';
    this.parts.element.hidden = offered.length < 2;
    this.parts.show(part);
    this.pane.setSubject(subjectOf(this.context, info, part, step));
    describeLengths(this.lengths, info);
    replace(
      this.facts,
      h('h2', {}, 'Prompt'),
      factList(
        fact('soft prompt', `${formatCount(info.promptLength)} tokens`),
        fact('model dim', formatCount(info.dModel)),
        fact('parameters', formatCount(info.promptLength * info.dModel)),
      ),
    );
    active.set(this.pane);
    active.refresh();
  }
}

function subjectOf(
  { description }: ViewContext,
  info: PromptInfo,
  part: Part,
  step: number | undefined,
): Subject | null {
  const prompt = findTensor(description, info.prompt);
  const labels = { rowLabel: 'token', columnLabel: 'model dim', step };
  if (part === 'sequence' && info.sequence) {
    const tensor = findTensor(description, info.sequence.name);
    const { promptLength } = info;
    const end = promptLength + info.sequence.sequenceLength;
    return tensor
      ? tensorSubject(tensor, {
          ...labels,
          title: 'Prompt and input embeddings',
          rowBands: [
            { start: 0, end: promptLength, label: `soft prompt (${promptLength})` },
            { start: promptLength, end, label: `input (${info.sequence.sequenceLength})` },
          ],
        })
      : null;
  }
  const shown = part === 'gradient' ? findTensor(description, prompt?.gradient) : prompt;
  if (!shown) return null;
  if (part === 'gradient') {
    // Gradients shrink during training, so the colours of the first step show all of them.
    const domainStep = description.trainings?.prompt.recordedSteps[0];
    return tensorSubject(shown, { ...labels, title: '∂loss/∂prompt', gradientOf: prompt, domainStep });
  }
  return tensorSubject(shown, { ...labels, title: 'Soft prompt' });
}

function describeLengths(place: HTMLElement, { promptLength, sequence }: PromptInfo): void {
  replace(
    place,
    h('strong', {}, formatCount(promptLength)),
    ' soft prompt',
    sequence
      ? [
          ' + ',
          h('strong', {}, formatCount(sequence.sequenceLength)),
          ' input = ',
          h('strong', {}, formatCount(promptLength + sequence.sequenceLength)),
        ]
      : [],
    ' tokens',
  );
}
