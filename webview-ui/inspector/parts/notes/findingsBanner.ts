/** What is wrong or odd with the source, in one line at the top of the page that opens into a list. */

import { h, replace } from '../../../shared/element';
import { formatBytes, formatCount, formatPercent } from '../../../shared/formatNumber';
import { findingsMarkdown } from '../../data/findingsMarkdown';
import { findingPlaces } from '../../data/findingPlaces';
import type { FindingPlace } from '../../data/findingPlaces';
import { countsText } from '../../data/findingsStore';
import type { FindingsStore } from '../../data/findingsStore';
import type { StateStore } from '../../data/state';
import { findingList, findingSign, placeButton } from './findingList';

interface BannerActions {
  copy(text: string): void;
}

const LIST_ID = 'finding-list';

export class FindingsBanner {
  readonly element = h('section', { class: 'findings', 'aria-label': 'Findings' });
  private readonly toggle = h(
    'button',
    { type: 'button', class: 'findings-toggle', 'aria-controls': LIST_ID, onclick: () => this.flip() },
    '',
  );
  private readonly first = h('span', { class: 'first' });
  private readonly jump = h('span', { class: 'jump' });
  private readonly work = h('span', { class: 'findings-work' });
  private readonly copy = h(
    'button',
    { type: 'button', class: 'small', onclick: () => this.copyReport() },
    'Copy as Markdown',
  );
  private readonly list = h('div', { id: LIST_ID });
  /** Read aloud when it changes: the verdict, never the progress. */
  private readonly spoken = h('span', { class: 'peft-unseen', role: 'status' });
  private readonly unsubscribe: () => void;
  private drawn: FindingsStore['report'] = null;
  private drawnStage = '';

  constructor(
    private readonly findings: FindingsStore,
    private readonly store: StateStore,
    private readonly actions: BannerActions,
  ) {
    const line = h('div', { class: 'findings-line' }, this.toggle, this.first, this.jump, this.work, this.copy);
    replace(this.element, line, this.spoken, this.list);
    this.unsubscribe = findings.subscribe(() => this.draw());
    this.draw();
  }

  dispose(): void {
    this.unsubscribe();
  }

  private draw(): void {
    const { report, stage } = this.findings;
    if (report !== this.drawn || report === null) this.drawReport();
    if (stage !== this.drawnStage || stage === 'reading') this.drawWork();
    this.drawnStage = stage;
    if (report && ['offered', 'cancelled', 'failed', 'done'].includes(stage)) {
      const text = `Findings: ${countsText(report)}. ${this.readText()}`;
      if (this.spoken.textContent !== text) this.spoken.textContent = text;
    }
  }

  private drawReport(): void {
    const { report, description } = this.findings;
    this.drawn = report;
    const [worst] = report?.findings ?? [];
    this.element.className = `findings ${worst?.level ?? 'none'}`;
    const isOpen = report !== null && this.store.get().problemsOpen;
    this.toggle.setAttribute('aria-expanded', String(isOpen));
    this.toggle.disabled = this.copy.disabled = report === null;
    replace(
      this.toggle,
      h('span', { class: 'arrow', 'aria-hidden': 'true' }),
      worst && findingSign(worst.level),
      h('strong', {}, report ? countsText(report) : 'Checking'),
    );
    this.first.textContent = worst?.what ?? '';
    this.first.title = worst?.what ?? '';
    const [place] = worst ? findingPlaces(worst, description, 1) : [];
    replace(this.jump, place && 'Jump to ', place && placeButton(place, this.show));
    this.list.hidden = !isOpen;
    replace(this.list, report && isOpen && findingList(report, description, this.show));
  }

  private drawWork(): void {
    const { stage, progress, failure, description } = this.findings;
    const button = (label: string, act: () => void): HTMLElement =>
      h('button', { type: 'button', class: 'small', onclick: act }, label);
    const readValues = (): void => void this.findings.readValues();
    const bytes = formatBytes(description.tensors.reduce((sum, tensor) => sum + tensor.bytes, 0));
    if (stage === 'reading') {
      const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
      const bar = this.work.querySelector('progress');
      if (bar) bar.value = share;
      else
        replace(
          this.work,
          h('span', {}, 'Reading values'),
          h('progress', { max: 1, value: share, 'aria-label': 'Reading values' }),
          button('Cancel', () => this.findings.cancel()),
        );
      this.work.title = formatPercent(share);
      return;
    }
    this.work.title = '';
    const again = { offered: `Read all values (${bytes})`, cancelled: 'Read values', failed: 'Try again' };
    replace(
      this.work,
      h('span', { title: failure }, this.readText()),
      (stage === 'offered' || stage === 'cancelled' || stage === 'failed') && button(again[stage], readValues),
    );
  }

  private readText(): string {
    const { report, stage, failure } = this.findings;
    if (stage === 'failed') return `Values could not be read: ${failure}`;
    if (!report || stage === 'header') return '';
    return report.read === 'all' ? `${formatCount(report.scanned.values)} values read` : 'Values not read';
  }

  private readonly show = (place: FindingPlace): void => this.store.set(place.state);

  private flip(): void {
    this.store.set({ problemsOpen: !this.store.get().problemsOpen });
    this.drawReport();
  }

  private copyReport(): void {
    const { report, description } = this.findings;
    if (report) this.actions.copy(findingsMarkdown(report, description));
  }
}
