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
import { tokenChart } from '../parts/charts/tokenChart';
import { stepSlider } from '../parts/controls/stepSlider';
import { fact, factList } from '../parts/notes/facts';

type Part = InspectorState['promptPart'];

const PARTS = [
  { value: 'sequence', label: 'Prompt + input', title: 'The sequence that the model sees' },
  { value: 'prompt', label: 'Prompt' },
  { value: 'similarity', label: 'Similarity', title: 'Cosines between the tokens of the prompt' },
  { value: 'gradient', label: 'Gradient', title: 'Gradient of the loss with respect to the prompt' },
] as const;

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
  /** The demo's prompt changes at every step, and its loss says more. */
  private readonly norms = tokenChart();
  private readonly controller = new AbortController();
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
      'What of the prompt to show',
      PARTS.filter(({ value }) => description.prompts.some((info) => offeredParts(context, info).includes(value))),
      (promptPart) => store.set({ promptPart }),
    );
    const training = description.trainings?.prompt;
    const slider = (this.slider = training && stepSlider(training, (step) => store.set({ step })));
    this.details = [...(slider ? [slider.curve] : [this.norms.element]), this.facts];
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
    this.controller.abort();
    this.norms.dispose();
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
    if (!training) void this.measure(info);
    this.picker.show(info.module);
    const { promptPart } = store.get();
    const part = offeredParts(this.context, info).includes(promptPart) ? promptPart : 'prompt';
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

  /** Shows the norms of the tokens once they are known. A prompt that cannot be read says so in its heatmap. */
  private async measure({ module: wanted }: PromptInfo): Promise<void> {
    const { signal } = this.controller;
    const overview = await this.context.client.methodOverview({ signal }).catch(() => null);
    if (signal.aborted || !overview) return;
    this.norms.show(overview.prompts.find(({ module }) => module === wanted)?.norms ?? new Float64Array());
  }
}

/** What a prompt's source can show of it. */
function offeredParts({ description }: ViewContext, { prompt, sequence }: PromptInfo): Part[] {
  const offered: Part[] = ['prompt', 'similarity'];
  if (findTensor(description, sequence?.name)) offered.push('sequence');
  if (findTensor(description, findTensor(description, prompt)?.gradient)) offered.push('gradient');
  return offered;
}

/** The demo's prompt has cosines at every recorded step. */
function similarityOf({ prompt, promptLength }: PromptInfo, step: number | undefined): Subject {
  return {
    matrix: { kind: 'similarity', prompt, ...(step !== undefined && { step }) },
    title: 'Cosines between the tokens',
    name: `${prompt}.cosines`,
    dtype: 'computed',
    rows: promptLength,
    columns: promptLength,
    rowLabel: 'token',
    columnLabel: 'token',
  };
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
  if (part === 'similarity') return similarityOf(info, step);
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
