/** Pages and filters the adapters of a workspace, and reads the configs of those that a page shows or a filter asks for. */

import type { FolderReading } from '../../files/folders';
import { Pacer } from '../../checkpoint/pacer';
import type { AdapterFiles, AdapterPage, AdapterQuestion, AdapterSearch } from '../../protocol/adapters';
import { CONFIG_FILE } from '../../protocol/adapters';
import type { RequestContext } from '../../protocol/rpc';
import type { AdapterFacts, ScannedFile } from '../../protocol/scan';
import { MAX_ADAPTER_SCAN_BYTES } from '../../protocol/scan';
import type { FoundAdapters } from './adapterFiles';
import { uriIn } from './editorAdapters';
import { findAdapters } from './findAdapters';
import { scanAdapters } from './scanConfigs';
import type { ScanSources } from './scanConfigs';

/** Configs that a filter reads between two reports of its progress, which takes about 50 ms. */
const BATCH = 500;

interface Sources extends ScanSources {
  readonly folders: FolderReading;
}

interface Listing extends FoundAdapters {
  readonly revision: number;
  readonly facts: Map<AdapterFiles, AdapterFacts | null>;
  /** Bytes that were read of the configs. */
  spent: number;
  unread: number;
}

type Context = Pick<RequestContext, 'signal' | 'progress'>;

export class AdapterList {
  private listing: Listing | null = null;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly sources: Sources) {}

  /** Rejects with the signal's reason. What was found and read until then is kept. */
  page(question: AdapterQuestion, context: Context): Promise<AdapterPage> {
    // One at a time: pages share the budget.
    const page = this.queue.then(() => this.compute(question, context));
    this.queue = page.catch(() => undefined);
    return page;
  }

  private async compute({ search, words, rows }: AdapterQuestion, { signal, progress }: Context): Promise<AdapterPage> {
    signal.throwIfAborted();
    const listing = await this.find(search, signal);
    if (words.length === 0) return this.pageOf(listing, listing.adapters, rows, 0, signal);
    const filter = new Filter(listing, words);
    const unchecked = await filter.byPath(new Pacer(signal));
    let shown: readonly AdapterFiles[] | null = null;
    for (let done = 0; done < unchecked.length;) {
      const matching = filter.matching();
      const now = matching.slice(0, rows);
      const changed = !shown || now.length !== shown.length || now.some((adapter, i) => adapter !== shown![i]);
      shown = now;
      const left = unchecked.length - done;
      const partial = changed ? { partial: await this.pageOf(listing, matching, rows, left, signal) } : {};
      progress({ done, total: unchecked.length, ...partial });
      const batch = unchecked.slice(done, done + BATCH);
      await this.read(listing, batch, signal);
      filter.byFacts(batch);
      done += batch.length;
    }
    return this.pageOf(listing, filter.matching(), rows, 0, signal);
  }

  private async find(search: AdapterSearch, signal: AbortSignal): Promise<Listing> {
    if (this.listing?.revision !== search.revision) {
      this.listing = null;
      const found = await findAdapters(search, this.sources.folders, signal);
      this.listing = { ...found, revision: search.revision, facts: new Map(), spent: 0, unread: 0 };
    }
    return this.listing!;
  }

  private async pageOf(
    listing: Listing,
    matching: readonly AdapterFiles[],
    rows: number,
    unchecked: number,
    signal: AbortSignal,
  ): Promise<AdapterPage> {
    const shown = matching.slice(0, rows);
    await this.read(listing, shown, signal);
    return {
      rows: shown.map((adapter) => ({ adapter, facts: listing.facts.get(adapter) ?? null })),
      matching: matching.length,
      total: listing.adapters.length,
      unchecked,
      unread: listing.unread,
      stopped: listing.stopped,
    };
  }

  private async read(listing: Listing, adapters: readonly AdapterFiles[], signal: AbortSignal): Promise<void> {
    const missing = adapters.filter((adapter) => hasConfig(adapter) && !listing.facts.has(adapter));
    if (missing.length === 0) return;
    const maxBytes = Math.max(0, MAX_ADAPTER_SCAN_BYTES - listing.spent);
    const { facts, bytes, unread } = await scanAdapters(
      this.sources,
      { files: missing.map(configOf), maxBytes },
      signal,
    );
    listing.spent += bytes;
    listing.unread += unread;
    for (const [index, adapter] of missing.entries()) listing.facts.set(adapter, facts[index] ?? null);
  }
}

/** The adapters whose path, name, method or base model contain each word. */
class Filter {
  private readonly matched = new Set<AdapterFiles>();

  constructor(
    private readonly listing: Listing,
    private readonly words: readonly string[],
  ) {}

  /** Matches by paths and by the configs that are known. Returns the adapters that depend on others. */
  async byPath(pacer: Pacer): Promise<readonly AdapterFiles[]> {
    const unchecked: AdapterFiles[] = [];
    for (const [index, adapter] of this.listing.adapters.entries()) {
      if (index % BATCH === 0) await pacer.pause();
      if (this.matches(adapter)) this.matched.add(adapter);
      else if (hasConfig(adapter) && !this.listing.facts.has(adapter)) unchecked.push(adapter);
    }
    return unchecked;
  }

  byFacts(adapters: readonly AdapterFiles[]): void {
    for (const adapter of adapters) if (this.matches(adapter)) this.matched.add(adapter);
  }

  /** All that match so far, in the order of the list. */
  matching(): readonly AdapterFiles[] {
    return this.listing.adapters.filter((adapter) => this.matched.has(adapter));
  }

  private matches(adapter: AdapterFiles): boolean {
    const { method = '', baseModel = '' } = this.listing.facts.get(adapter) ?? {};
    const text = [adapter.folder, adapter.name, method, baseModel].join('\n').toLowerCase();
    return this.words.every((word) => text.includes(word));
  }
}

/** The editor may have stopped before it found the config. */
function hasConfig({ config, place }: AdapterFiles): boolean {
  return config || 'uri' in place;
}

function configOf({ place }: AdapterFiles): ScannedFile {
  return 'path' in place ? { path: `${place.path}/${CONFIG_FILE}` } : { uri: uriIn(place.uri, CONFIG_FILE) };
}
