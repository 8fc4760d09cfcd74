import * as vscode from 'vscode';
import type { AdapterPage, AdapterRow, AdapterSearch } from '../protocol/adapters';
import { MAX_ADAPTER_SCAN_BYTES, MAX_NAME_CHARACTERS } from '../protocol/scan';
import { formatCount } from '../text/numberText';
import { ADAPTER_FILES, adapterSearch, asAdapter, changesSearch } from './adapterFolders';
import type { AdapterFiles } from './adapterFolders';
import { AdapterPages, PAGE_ROWS } from './adapterPages';
import type { PageOptions, PageQuestion } from './adapterPages';
import { mainFile, openAdapter, pickCheckpoint } from './openAdapter';
import { watchFolders } from './folderWatch';
import { leftOutText } from './scannedFiles';
import { faultsText } from './verdicts';
import type { Verdict, Verdicts } from './verdicts';
import type { PlannerClient } from './workerClient';

const VIEW = 'peft.adapters';
/** A training run writes several files when it saves, so the search waits until they are done. */
const REFRESH_DELAY_MS = 300;
/** A filter finds more rows many times a second. Drawing them as often would take longer than finding them. */
const REDRAW_DELAY_MS = 300;
/** The buttons of the view's title depend on this context key. */
const FILTERED_KEY = 'peft.adaptersFiltered';

interface MoreRow {
  readonly hidden: number;
}

interface ShownAdapter extends Pick<AdapterRow, 'facts'> {
  readonly adapter: AdapterFiles;
}

type Row = ShownAdapter | MoreRow;

class AdaptersTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly redraw = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.redraw.event;
  private readonly view: vscode.TreeView<Row>;
  private readonly watchers = ADAPTER_FILES.map((glob) => vscode.workspace.createFileSystemWatcher(glob));
  /** Folders that are moved bring their adapters, or take them away. */
  private readonly folderWatch = watchFolders({
    appeared: () => this.refreshSoon(),
    gone: ({ path }) => {
      const isIn = (file: vscode.Uri | null): boolean => file?.path.startsWith(`${path}/`) === true;
      if (this.shown.some(({ weights, config }) => isIn(weights) || isIn(config))) this.refreshSoon();
    },
  });
  private shown: readonly AdapterFiles[] = [];
  private readonly pages: AdapterPages;
  private search: AdapterSearch | null = null;
  private filter = '';
  private refreshTimer: NodeJS.Timeout | undefined;
  private redrawTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly planner: Pick<PlannerClient, 'request'>,
    private readonly verdicts: Verdicts,
  ) {
    this.pages = new AdapterPages({
      load: (question, options) =>
        vscode.window.withProgress({ location: { viewId: VIEW } }, () => this.load(question, options)),
      changed: (page, what) => {
        this.view.message = this.messageOf(page);
        if (what === 'rows') this.redrawTimer ??= setTimeout(() => this.redrawNow(), REDRAW_DELAY_MS);
      },
    });
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    for (const watcher of this.watchers) {
      watcher.onDidCreate(() => this.refreshSoon());
      watcher.onDidChange(() => this.refreshSoon());
      watcher.onDidDelete(() => this.refreshSoon());
    }
  }

  /** A command from the keyboard has no row as its argument and applies to the selected row. */
  get selected(): AdapterFiles | undefined {
    const [row] = this.view.selection;
    return row && 'adapter' in row ? row.adapter : undefined;
  }

  refresh(): void {
    this.pages.refresh();
    this.redraw.fire();
  }

  showMore(): void {
    this.pages.showMore();
    this.redraw.fire();
  }

  async askFilter(): Promise<void> {
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t('Filter Adapters'),
      prompt: vscode.l10n.t('Words of the path, the method or the base model'),
      value: this.filter,
    });
    if (text !== undefined) this.setFilter(text);
  }

  setFilter(text: string): void {
    this.filter = text.trim();
    this.pages.filter(this.filter);
    void vscode.commands.executeCommand('setContext', FILTERED_KEY, this.filter !== '');
    this.redraw.fire();
  }

  async getChildren(parent?: Row): Promise<Row[]> {
    if (parent) return [];
    const page = await this.pages.page();
    this.view.message = this.messageOf(page);
    const rows = page.rows.map(({ adapter, facts }): ShownAdapter => ({ adapter: asAdapter(adapter), facts }));
    this.shown = rows.map(({ adapter }) => adapter);
    const hidden = page.matching - page.rows.length;
    return hidden > 0 ? [...rows, { hidden }] : rows;
  }

  async getTreeItem(row: Row): Promise<vscode.TreeItem> {
    if (!('adapter' in row)) return moreItem(row);
    const { weights } = row.adapter;
    return adapterItem(row, weights && (await this.verdicts.of(weights)));
  }

  dispose(): void {
    clearTimeout(this.refreshTimer);
    clearTimeout(this.redrawTimer);
    this.pages.dispose();
    this.view.dispose();
    this.redraw.dispose();
    for (const watcher of [...this.watchers, this.folderWatch]) watcher.dispose();
  }

  private refreshSoon(): void {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => this.refresh(), REFRESH_DELAY_MS);
  }

  /** Shows the rows again without a search. */
  redrawNow(): void {
    this.redrawTimer = undefined;
    this.redraw.fire();
  }

  private async load({ revision, words, rows }: PageQuestion, options: PageOptions): Promise<AdapterPage> {
    if (this.search?.revision !== revision) this.search = await adapterSearch(revision);
    return this.planner.request('adapters/page', { search: this.search, words, rows }, options);
  }

  /** What the rows do not show; '' if they show all. */
  private messageOf({ rows, matching, total, unchecked, unread, stopped }: AdapterPage): string {
    const filter = this.pages.filterText;
    const shown =
      filter !== ''
        ? vscode.l10n.t('{0} of {1} adapters match “{2}”.', formatCount(matching), formatCount(total), filter)
        : rows.length < matching &&
          vscode.l10n.t('The first {0} of {1} adapters.', formatCount(rows.length), formatCount(matching));
    const searching =
      unchecked > 0 &&
      vscode.l10n.t('{0} configs are still to be read. Clear the filter to stop.', formatCount(unchecked));
    return [shown, searching, leftOutText({ unread, maxBytes: MAX_ADAPTER_SCAN_BYTES, stopped })]
      .filter(Boolean)
      .join(' ');
  }
}

function moreItem({ hidden }: MoreRow): vscode.TreeItem {
  const more = formatCount(Math.min(hidden, PAGE_ROWS));
  const item = new vscode.TreeItem(vscode.l10n.t('Show {0} more', more));
  item.description = vscode.l10n.t('{0} are not shown', formatCount(hidden));
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'peft.showMoreAdapters', title: vscode.l10n.t('Show More Adapters') };
  return item;
}

function adapterItem({ adapter, facts }: ShownAdapter, verdict: Verdict | null): vscode.TreeItem {
  const item = new vscode.TreeItem(adapter.name);
  const { method, baseModel, cut } = facts ?? { method: '', baseModel: '', cut: false };
  const state =
    adapter.weights || adapter.unsearched
      ? ''
      : adapter.pickle
        ? vscode.l10n.t('pickle, not opened')
        : vscode.l10n.t('no weights');
  const shortened = cut ? vscode.l10n.t('Names are cut at {0} characters.', MAX_NAME_CHARACTERS) : '';
  const faults = verdict ? faultsText(verdict) : '';
  item.description = [faults, method, baseModel, state].filter(Boolean).join(' · ');
  item.iconPath = iconOf(adapter, verdict);
  item.contextValue = 'adapter';
  const found = verdict && foundText(verdict, faults);
  item.tooltip = [mainFile(adapter).fsPath, method, baseModel, state, found, shortened].filter(Boolean).join('\n');
  item.accessibilityInformation = { label: [adapter.name, item.description].join(', ') };
  item.command = { command: 'peft.openAdapter', title: vscode.l10n.t('Open in Inspector'), arguments: [adapter] };
  return item;
}

function iconOf({ weights, unsearched }: AdapterFiles, verdict: Verdict | null): vscode.ThemeIcon {
  if (verdict && verdict.errors > 0)
    return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  if (verdict && verdict.warnings > 0)
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  return new vscode.ThemeIcon(weights || unsearched ? 'layers' : 'warning');
}

function foundText({ read }: Verdict, faults: string): string {
  const found = faults === '' ? vscode.l10n.t('No errors or warnings') : faults;
  return read === 'all'
    ? vscode.l10n.t('{0}, when all values were read', found)
    : vscode.l10n.t('{0}, when the header was read', found);
}

/** A menu of a row passes the row, and the command of its click its adapter. */
function adapterOf(argument: unknown): AdapterFiles | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  return 'adapter' in argument ? (argument.adapter as AdapterFiles) : (argument as AdapterFiles);
}

export function registerAdaptersTree(planner: Pick<PlannerClient, 'request'>, verdicts: Verdicts): vscode.Disposable {
  const tree = new AdaptersTree(planner, verdicts);
  const onAdapter =
    (work: (adapter: AdapterFiles) => unknown) =>
    async (argument?: unknown): Promise<void> => {
      const adapter = adapterOf(argument) ?? tree.selected;
      if (adapter) await work(adapter);
    };
  return vscode.Disposable.from(
    tree,
    vscode.workspace.onDidChangeWorkspaceFolders(() => tree.refresh()),
    vscode.workspace.onDidChangeConfiguration((event) => changesSearch(event) && tree.refresh()),
    verdicts.onDidChange(() => tree.redrawNow()),
    vscode.commands.registerCommand('peft.refreshAdapters', () => tree.refresh()),
    vscode.commands.registerCommand('peft.showMoreAdapters', () => tree.showMore()),
    vscode.commands.registerCommand('peft.filterAdapters', (text?: unknown) =>
      typeof text === 'string' ? tree.setFilter(text) : tree.askFilter(),
    ),
    vscode.commands.registerCommand('peft.clearAdaptersFilter', () => tree.setFilter('')),
    vscode.commands.registerCommand('peft.openCheckpoint', pickCheckpoint),
    vscode.commands.registerCommand('peft.openAdapter', onAdapter(openAdapter)),
    vscode.commands.registerCommand(
      'peft.revealAdapter',
      onAdapter((adapter) => vscode.commands.executeCommand('revealInExplorer', mainFile(adapter))),
    ),
    vscode.commands.registerCommand(
      'peft.copyAdapterPath',
      onAdapter((adapter) => vscode.env.clipboard.writeText(mainFile(adapter).fsPath)),
    ),
  );
}
