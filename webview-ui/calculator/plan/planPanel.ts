/** The plan of one adapter: method, targets, memory on a GPU, the config to paste, and the check of a claim. */

import type { PlanChoices, PlanFit, PlanInputs, PlanReport } from '../../../src/protocol/plan';
import { h, replace } from '../../shared/element';
import { formatBytes, formatCount, formatTrainableShare } from '../../../src/text/numberText';
import { MemoryBar } from './memoryBar';
import { PlanFields } from './planFields';
import { fitBar } from './fitBar';
import type { SharedSettings } from './sharedSettings';
import { isShared, shares, withShared } from './sharedSettings';
import { TargetTree } from './targetTree';

interface PlanHost {
  changed(plan: PlanInputs): void;
  copy(text: string): Promise<void>;
  save(text: string): Promise<string | null>;
}

/** How many settings of a method are shown at once. The rest are under 'More settings'. */
const SHOWN_FIELDS = 6;

export class PlanPanel {
  readonly root = h('section', { class: 'plan', 'aria-label': 'Adapter plan' });
  private choices: PlanChoices | null = null;
  private plan: PlanInputs | null = null;
  private report: PlanReport | null = null;
  private readonly method = h('select', { 'aria-label': 'Method' });
  private readonly about = h('p', { class: 'peft-muted budget-note' });
  private readonly fields = new PlanFields(() => this.typed());
  private readonly more = new PlanFields(() => this.typed());
  private readonly moreBox = h('details', {}, h('summary', {}, 'More settings'), this.more.root);
  private readonly targets = new TargetTree((targets) => this.set({ targets }));
  private readonly targetTools = h('div', { class: 'target-tools' });
  private readonly targetBox = h(
    'details',
    { open: true },
    h('summary', {}, 'Target modules'),
    this.targetTools,
    this.targets.root,
  );
  private readonly counts = h('div', { class: 'plan-counts', role: 'status' });
  private readonly warnings = h('ul', { class: 'budget-warnings' });
  private readonly gpu = h('select', { 'aria-label': 'GPU for the plan: does it fit?' });
  /** The verdict on memory, which stays in view. */
  readonly fit = fitBar(this.gpu);
  private shared: SharedSettings | null = null;
  private readonly above = h('p', { class: 'peft-muted budget-note' }, 'Rank, alpha and targets are those above.');
  private readonly purpose = h(
    'select',
    { 'aria-label': 'Memory for' },
    h('option', { value: 'training' }, 'Training'),
    h('option', { value: 'inference' }, 'Inference'),
  );
  private readonly setup = new PlanFields(() => this.typed());
  private readonly inference = new PlanFields(() => this.typed());
  private readonly memory = new MemoryBar();
  private readonly said = h('span', { class: 'peft-muted', role: 'status' });
  private readonly claim = h('textarea', {
    rows: 2,
    spellcheck: false,
    placeholder: 'trainable params: … || all params: … || trainable%: …',
    'aria-label': 'A published claim to check',
  });
  private readonly verdict = h('ul', { class: 'claim-verdict' });

  constructor(
    private readonly host: PlanHost,
    private readonly failed: (error: unknown) => void,
  ) {
    this.method.addEventListener('change', () => {
      const fields = this.choices?.methods.find(({ peftType }) => peftType === this.method.value)?.fields ?? [];
      const values = fields.flatMap(({ key, start }): [string, string][] => (start === '' ? [] : [[key, start]]));
      this.set({ peftType: this.method.value, values, targets: [] });
      this.showMethod();
    });
    this.purpose.addEventListener('change', () => {
      this.set({ purpose: this.purpose.value === 'inference' ? 'inference' : 'training' });
      this.showPurpose();
    });
    this.gpu.addEventListener('change', () => this.set({ gpu: this.gpu.value }));
    this.claim.addEventListener('input', () => this.set({ claim: this.claim.value }));
    const tool = (label: string, targets: readonly string[]): HTMLElement => button(label, () => this.set({ targets }));
    this.targetTools.append(tool('PEFT default', []), tool('all-linear', ['all-linear']));
    this.root.append(
      h('h2', {}, 'Adapter plan'),
      labelled('Method', this.method),
      this.about,
      this.above,
      this.fields.root,
      this.moreBox,
      this.targetBox,
      this.counts,
      this.warnings,
      h(
        'div',
        { class: 'buttons' },
        button('Copy as Python', () => void this.copy()),
        button('Save adapter_config.json…', () => void this.save()),
        button('Reset', () => this.reset()),
      ),
      this.said,
      h('h3', {}, 'Memory'),
      h('div', { class: 'plan-fields' }, labelled('For', this.purpose)),
      this.setup.root,
      this.inference.root,
      this.memory.root,
      h('h3', {}, 'Check a claim'),
      this.claim,
      h('div', { role: 'status' }, this.verdict),
    );
  }

  start(choices: PlanChoices, plan: PlanInputs): void {
    this.choices = choices;
    this.plan = plan;
    replace(
      this.method,
      choices.methods.map(({ peftType, name }) => h('option', { value: peftType }, name)),
    );
    this.method.value = choices.methods.some(({ peftType }) => peftType === plan.peftType) ? plan.peftType : 'LORA';
    replace(
      this.gpu,
      choices.gpus.map(({ id, label, bytes }) => h('option', { value: id, title: formatBytes(bytes) }, label)),
    );
    this.gpu.value = plan.gpu;
    this.setup.show(choices.setup, plan.setup);
    this.inference.show(choices.inference, plan.inference);
    this.purpose.value = plan.purpose;
    this.showPurpose();
    this.claim.value = plan.claim;
    this.showMethod();
  }

  showFit(fit: PlanFit): void {
    this.memory.showFit(fit);
  }

  /** Resets everything except the claim and the GPU. */
  private reset(): void {
    if (!this.choices) return;
    this.set({ peftType: 'LORA', values: [], targets: [], setup: [], inference: [] });
    this.method.value = 'LORA';
    this.setup.show(this.choices.setup, []);
    this.inference.show(this.choices.inference, []);
    this.showMethod();
  }

  private showPurpose(): void {
    this.setup.root.hidden = this.purpose.value !== 'training';
    this.inference.root.hidden = this.purpose.value !== 'inference';
  }

  private showMethod(): void {
    const method = this.choices?.methods.find(({ peftType }) => peftType === this.method.value);
    if (!method || !this.plan) return;
    this.about.textContent = method.title;
    const own = method.fields.filter(({ key }) => !isShared(method.peftType, key));
    this.fields.show(own.slice(0, SHOWN_FIELDS), this.plan.values);
    this.more.show(own.slice(SHOWN_FIELDS), this.plan.values);
    this.moreBox.hidden = own.length <= SHOWN_FIELDS;
    this.above.hidden = !shares(method.peftType);
    this.targetBox.hidden = !method.targeting || shares(method.peftType);
  }

  private typed(): void {
    this.set({
      values: [...this.fields.typed, ...this.more.typed],
      setup: this.setup.typed,
      inference: this.inference.typed,
    });
  }

  private set(changes: Partial<PlanInputs>): void {
    if (!this.plan) return;
    this.plan = withShared({ ...this.plan, ...changes }, this.shared);
    this.host.changed(this.plan);
  }

  /** Takes over the settings of LoRA from the calculator's form. */
  follow(settings: SharedSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.shared)) return;
    this.shared = settings;
    if (this.plan && shares(this.plan.peftType)) this.set({});
  }

  show(report: PlanReport): void {
    this.report = report;
    const { counts, problem, claim } = report;
    replace(
      this.counts,
      counts
        ? [
            h('strong', {}, formatCount(counts.trainable)),
            ` trainable of ${formatCount(counts.all)} · ${formatTrainableShare(counts.percent / 100)}` +
              ` · ${formatBytes(counts.fileBytes)} file${report.standIn}`,
          ]
        : [h('span', { class: 'budget-message' }, problem?.message ?? '')],
    );
    replace(
      this.warnings,
      report.warnings.map((warning) => h('li', {}, warning)),
    );
    this.targets.show(report.targets, this.plan?.targets ?? []);
    this.memory.show(report.memory, report.memoryProblem?.message ?? '', report.standIn);
    this.fit.show(report);
    for (const fields of [this.fields, this.more]) fields.mark(problem?.key ?? null);
    for (const fields of [this.setup, this.inference]) fields.mark(report.memoryProblem?.key ?? null);
    this.verdict.className = `claim-verdict${claim ? (claim.agrees ? ' agrees' : ' differs') : ''}`;
    replace(
      this.verdict,
      (claim?.lines ?? []).map((line) => h('li', {}, line)),
    );
  }

  private async copy(): Promise<void> {
    const python = this.report?.python ?? '';
    await this.tell(async () => {
      if (python === '') return 'This method has no config class to copy.';
      await this.host.copy(python);
      return 'Copied.';
    });
  }

  private async save(): Promise<void> {
    await this.tell(async () => {
      const saved = await this.host.save(this.report?.configText ?? '');
      return saved === null ? '' : `Saved ${saved}.`;
    });
  }

  private async tell(task: () => Promise<string>): Promise<void> {
    try {
      this.said.textContent = await task();
    } catch (error) {
      this.failed(error);
    }
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  return h('label', { class: 'plan-field wide' }, h('span', { class: 'plan-label' }, text), control);
}

function button(label: string, act: () => void): HTMLElement {
  const made = h('button', { type: 'button', class: 'budget-button secondary' }, label);
  made.addEventListener('click', act);
  return made;
}
