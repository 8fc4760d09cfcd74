/** The inspector as a whole: it gets the source, lays out the page and swaps the views. */

import type { InspectorSnapshot } from '../../src/protocol/inspector';
import { unpackDescription } from '../../src/protocol/packedDescription';
import type { SourceDescription } from '../../src/protocol/source';
import { LiveRegion } from '../shared/liveRegion';
import type { TabName, ViewContext } from './context';
import { FindingsStore } from './data/findingsStore';
import type { InspectorClient } from './data/inspectorClient';
import type { StateStore } from './data/state';
import { ActiveMatrix } from './parts/matrix/activeMatrix';
import { CellInspector } from './parts/matrix/cellInspector';
import { colorTools } from './parts/controls/colorTools';
import { detailsToggle } from './parts/controls/detailsToggle';
import { offerKeysHelp, openKeysHelp } from './parts/controls/keysHelp';
import { h, replace } from '../shared/element';
import { changedBanner, failurePage, heldPage, waitingPage } from './parts/controls/pages';
import { FindingsBanner } from './parts/notes/findingsBanner';
import { errorText } from './parts/notes/progressNote';
import { settingsLine } from './parts/notes/settingsLine';
import { sourceHead } from './parts/notes/sourceHead';
import { tabBar } from './parts/controls/tabBar';
import { viewStage } from './views/stage';
import { firstTab, tabLabel, TABS, tabsOf } from './views/tabs';

/** Gives time to read the message and does not keep it in the way. */
const NOTICE_MS = 4000;

/** A shorter wait shows nothing. */
const QUIET_MS = 400;

export class App {
  private readonly status = h('div', { class: 'cell-status' });
  private readonly notice = h('div', { class: 'notice', role: 'status' });
  private readonly live: LiveRegion;
  private readonly changed = h('div', { class: 'changed' });
  private readonly page = h('main', { class: 'page' });
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;
  private close: (() => void) | null = null;
  /** True while the page asks whether to fetch. */
  private held = false;

  constructor(
    root: HTMLElement,
    private readonly client: InspectorClient,
    private readonly store: StateStore,
  ) {
    replace(
      root,
      h(
        'div',
        { class: 'inspector' },
        this.changed,
        this.page,
        h('footer', { class: 'status-line' }, this.status, this.notice, keysButton()),
      ),
    );
    offerKeysHelp();
    this.live = new LiveRegion(root);
    client.onSourceReleased(() => {
      if (this.held) void this.load(() => client.ready());
    });
    client.onSourceChanged(({ reason }) =>
      replace(
        this.changed,
        changedBanner(reason, () => void this.load(() => client.reload())),
      ),
    );
  }

  start(): Promise<void> {
    return this.load(() => this.client.ready());
  }

  private async load(ask: () => Promise<InspectorSnapshot>): Promise<void> {
    this.close?.();
    this.close = null;
    this.held = false;
    replace(this.changed);
    // A source that opens at once needs no progress bar. On some machines each step of a bar draws a whole frame.
    replace(this.page);
    const waiting = setTimeout(() => replace(this.page, waitingPage()), QUIET_MS);
    const again = (): void => void this.load(() => this.client.reload());
    try {
      const { source, failure, held } = await ask().finally(() => clearTimeout(waiting));
      this.held = held !== undefined;
      if (source) this.show(await unpackDescription(source));
      else if (held !== undefined) replace(this.page, heldPage(held, again));
      else replace(this.page, failurePage(failure ?? 'The source could not be read.', again));
    } catch (error) {
      replace(this.page, failurePage(errorText(error), again));
    }
  }

  private show(description: SourceDescription): void {
    const { store } = this;
    const cells = new CellInspector(this.client, this.status, (text) => this.live.say(text));
    const names = tabsOf(description);
    const tabs = tabBar(
      names.map((name) => ({ name, label: tabLabel(name, description) })),
      (tab) => store.set({ tab }),
    );
    const tools = colorTools(store, description.trainings !== undefined);
    const context = this.viewContext(description, cells);
    const stage = viewStage(context);
    const { findings } = context;
    const copy = (text: string): void =>
      void context.attempt(() => this.client.copy(text).then(() => 'Copied the findings as Markdown'));
    const banner = findings && new FindingsBanner(findings, store, { copy });
    const work = h('div', { class: 'work' }, stage.element, stage.details);
    const details = detailsToggle(work, store);
    replace(
      this.page,
      sourceHead(description),
      settingsLine(description),
      banner?.element,
      h('div', { class: 'tab-row' }, tabs.element, details.element),
      tools.element,
      work,
    );

    let shownTab: TabName | null = null;
    const showTab = (): void => {
      const wanted = store.get().tab as TabName;
      const tab = names.includes(wanted) ? wanted : firstTab(description);
      tabs.show(tab);
      if (tab === shownTab) return;
      shownTab = tab;
      tools.element.hidden = !TABS[tab].matrices;
      details.element.hidden = !TABS[tab].details;
      work.classList.toggle('no-details', !TABS[tab].details);
      stage.show(tab);
    };
    showTab();
    const unsubscribe = store.subscribe((changed) => {
      if (changed.has('tab')) showTab();
    });
    void findings?.start();
    this.close = () => {
      unsubscribe();
      banner?.dispose();
      findings?.dispose();
      details.dispose();
      stage.dispose();
      tools.dispose();
      cells.dispose();
    };
  }

  private viewContext(description: SourceDescription, cells: CellInspector): ViewContext {
    const { client, store } = this;
    const notify = (text: string): void => this.notify(text);
    return {
      client,
      store,
      description,
      findings:
        description.kind === 'demo'
          ? null
          : new FindingsStore((values, options) => client.findings(values, options), description),
      cells,
      active: new ActiveMatrix(),
      notify,
      announce: (text) => this.live.say(text),
      attempt: async (task) => {
        try {
          const done = await task();
          if (done) notify(done);
        } catch (error) {
          notify(errorText(error));
        }
      },
    };
  }

  private notify(text: string): void {
    clearTimeout(this.noticeTimer);
    this.notice.textContent = text;
    this.noticeTimer = setTimeout(() => (this.notice.textContent = ''), NOTICE_MS);
  }
}

function keysButton(): HTMLElement {
  const title = 'Keys (?)';
  return h('button', { type: 'button', class: 'icon', title, 'aria-label': title, onclick: openKeysHelp }, '?');
}
