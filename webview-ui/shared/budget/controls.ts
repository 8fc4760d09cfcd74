import type {
  Basis,
  BudgetInputs,
  BudgetReport,
  CustomField,
  Field,
  MethodField,
  ModelChoice,
} from '../../../src/protocol/calculator';
import { CUSTOM_FIELDS, CUSTOM_MODEL, METHOD_FIELDS } from '../../../src/protocol/calculator';
import { h } from '../element';
import { ModelPicker } from './modelPicker';
import { TargetChips } from './targetChips';
import { TypedField } from './typedField';

const METHOD_LABELS: Readonly<Record<MethodField, string>> = {
  rank: 'Rank',
  alpha: 'Alpha',
  bottleneckDim: 'Bottleneck',
  prefixLength: 'Prefix length',
  promptLength: 'Prompt length',
};

const CUSTOM_LABELS: Readonly<Record<CustomField, string>> = {
  hiddenSize: 'Hidden size',
  numLayers: 'Layers',
  numHeads: 'Heads',
  numKeyValueHeads: 'Key-value heads',
  intermediateSize: 'MLP size',
  vocabSize: 'Vocabulary',
};

/** The reference's formulas use only these sizes, so the others are hidden with them. */
const REFERENCE_SIZES: readonly CustomField[] = ['hiddenSize', 'numLayers', 'numHeads'];

const REFERENCE_NOTE = 'Square projections, LoRA on query and value, ratios relative to the attention weights.';

const BASES: readonly (readonly [Basis, string, string])[] = [
  ['exact', 'Exact shapes', 'The shapes of this model, counted as PEFT counts them'],
  ['reference', 'Reference formulas', REFERENCE_NOTE],
];

/** All settings of the calculator and the comparison. The fields hold what was typed. */
export class BudgetControls {
  readonly root: HTMLElement;
  private readonly model: ModelPicker;
  private readonly method = new Map<MethodField, TypedField>();
  private readonly custom = new Map<CustomField, TypedField>();
  private readonly customGroup = h('div', { role: 'group', 'aria-label': 'Sizes of the model' });
  private readonly radios = new Map<Basis, HTMLInputElement>();
  private readonly basisNote = h('div', { class: 'peft-muted budget-note' }, REFERENCE_NOTE);
  private readonly targets: TargetChips;
  private readonly scaling = h('div', { class: 'peft-muted budget-note' });
  private chosenTargets: BudgetInputs['targets'] = [];
  private targetsKey = '';
  /** What the model of the inputs stands in for, until the user picks a model. */
  private standsInFor: string | null = null;

  /** Calls `changed` for every change by the user, valid or not. */
  constructor(private readonly changed: (inputs: BudgetInputs) => void) {
    const typed = (): void => this.send();
    this.model = new ModelPicker(() => {
      this.standsInFor = null;
      this.send();
    });
    for (const field of CUSTOM_FIELDS)
      this.custom.set(field, new TypedField(field, CUSTOM_LABELS[field], false, typed));
    for (const field of METHOD_FIELDS) {
      this.method.set(field, new TypedField(field, METHOD_LABELS[field], field === 'alpha', typed));
    }
    this.targets = new TargetChips((names) => {
      const others = this.chosenTargets.filter(([key]) => key !== this.targetsKey);
      this.chosenTargets = [...others, [this.targetsKey, names]];
      this.send();
    });
    const grid = (fields: readonly TypedField[]): HTMLElement =>
      h(
        'div',
        { class: 'budget-fields' },
        fields.flatMap(({ root, message }) => [root, message]),
      );
    this.customGroup.append(grid([...this.custom.values()]));
    const [rank, alpha, ...others] = [...this.method.values()];
    this.root = h(
      'form',
      { class: 'budget-controls', 'aria-label': 'Settings' },
      this.model.root,
      this.customGroup,
      this.basisField(),
      h('div', { class: 'budget-field' }, grid(rank && alpha ? [rank, alpha] : []), this.scaling),
      this.targets.root,
      grid(others),
    );
    this.root.addEventListener('submit', (event) => event.preventDefault());
  }

  get inputs(): BudgetInputs {
    const texts = <F extends string>(fields: ReadonlyMap<F, TypedField>): Record<F, string> =>
      Object.fromEntries([...fields].map(([field, { value }]) => [field, value])) as Record<F, string>;
    return {
      model: this.model.value,
      ...(this.standsInFor !== null && { standsInFor: this.standsInFor }),
      basis: this.radios.get('reference')?.checked ? 'reference' : 'exact',
      method: texts(this.method),
      custom: texts(this.custom),
      targets: this.chosenTargets,
    };
  }

  showModels(models: readonly ModelChoice[]): void {
    this.model.showChoices(models, this.model.value);
  }

  showInputs(models: readonly ModelChoice[], inputs: BudgetInputs): void {
    this.model.showChoices(models, inputs.model);
    for (const [field, typed] of this.method) typed.value = inputs.method[field];
    for (const [field, typed] of this.custom) typed.value = inputs.custom[field];
    for (const [basis, radio] of this.radios) radio.checked = basis === inputs.basis;
    this.chosenTargets = inputs.targets;
    this.standsInFor = inputs.standsInFor ?? null;
  }

  showReport(report: BudgetReport): void {
    const errors = new Map<Field, string>(report.errors.map(({ field, message }) => [field, message]));
    this.model.showReport(report.modelSummary, errors.get('model'));
    for (const [field, typed] of [...this.method, ...this.custom]) typed.showError(errors.get(field));
    this.customGroup.hidden = this.model.value !== CUSTOM_MODEL;
    for (const [field, { root }] of this.custom)
      root.hidden = report.basis === 'reference' && !REFERENCE_SIZES.includes(field);
    this.basisNote.hidden = report.basis === 'exact';
    this.targetsKey = report.targetsKey;
    this.targets.show(report, errors.get('targets'));
    this.scaling.textContent = report.scaling;
    this.scaling.hidden = report.scaling === '';
  }

  private basisField(): HTMLElement {
    const options = BASES.map(([basis, label, description]) => {
      const radio = h('input', { type: 'radio', name: 'basis', value: basis });
      radio.addEventListener('change', () => this.send());
      this.radios.set(basis, radio);
      return h('label', { title: description }, radio, h('span', {}, label));
    });
    const group = h('div', { class: 'budget-segments', role: 'radiogroup', 'aria-labelledby': 'basis-label' }, options);
    return h('div', { class: 'budget-field' }, h('span', { id: 'basis-label' }, 'Counted by'), group, this.basisNote);
  }

  private send(): void {
    this.changed(this.inputs);
  }
}
