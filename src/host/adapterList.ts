/** Pages and filters the adapters of a workspace, and reads the configs of those that are shown. Knows no editor. */

import type { AdapterFacts, ConfigScan } from '../protocol/scan';

interface Named {
  readonly folder: string;
  readonly name: string;
}

interface Search<A> {
  readonly adapters: readonly A[];
  readonly stoppedAt: number | null;
}

interface AdapterSources<A> {
  find(): Promise<Search<A>>;
  scan(adapters: readonly A[], maxBytes: number): Promise<ConfigScan<AdapterFacts>>;
}

export interface AdapterRow<A> {
  readonly adapter: A;
  /** `null` without a readable config. */
  readonly facts: AdapterFacts | null;
}

export interface AdapterPage<A> {
  readonly rows: readonly AdapterRow<A>[];
  /** Number of adapters that match the filter; all without a filter. */
  readonly matching: number;
  readonly total: number;
  readonly filter: string;
  /** Number of configs that were not read because the budget was spent. */
  readonly unread: number;
  /** Number of files at which the search stopped; `null` if it found all. */
  readonly stoppedAt: number | null;
}

/** Rows of a page. A tree of this size appears at once. */
export const PAGE_ROWS = 500;
/** An adapter's config takes about a kilobyte, so 20,000 of them fit. */
export const MAX_SCAN_BYTES = 64 << 20;

interface Listing<A> extends Search<A> {
  readonly facts: Map<A, AdapterFacts | null>;
  spent: number;
  unread: number;
}

export class AdapterList<A extends Named> {
  private listing: Promise<Listing<A>> | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private shown = PAGE_ROWS;
  private words: readonly string[] = [];

  constructor(private readonly sources: AdapterSources<A>) {}

  /** Searches again at the next `page`. The number of rows and the filter stay. */
  refresh(): void {
    this.listing = null;
  }

  showMore(): void {
    this.shown += PAGE_ROWS;
  }

  /** Keeps adapters whose path, name, method or base model contain each word of `text`. '' keeps all. */
  filter(text: string): void {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = PAGE_ROWS;
  }

  page(): Promise<AdapterPage<A>> {
    // One at a time: pages share the budget.
    const page = this.queue.then(() => this.compute());
    this.queue = page.catch(() => undefined);
    return page;
  }

  private async compute(): Promise<AdapterPage<A>> {
    this.listing ??= this.sources.find().then((found) => ({ ...found, facts: new Map(), spent: 0, unread: 0 }));
    const current = this.listing;
    try {
      const listing = await current;
      const { adapters, stoppedAt } = listing;
      const { words } = this;
      if (words.length > 0) await this.read(listing, adapters);
      const matching = words.length > 0 ? adapters.filter((adapter) => matches(listing, adapter, words)) : adapters;
      const shown = matching.slice(0, this.shown);
      await this.read(listing, shown);
      return {
        rows: shown.map((adapter) => ({ adapter, facts: listing.facts.get(adapter) ?? null })),
        matching: matching.length,
        total: adapters.length,
        filter: words.join(' '),
        unread: listing.unread,
        stoppedAt,
      };
    } catch (error) {
      // The planner died. The next page may reach another thread that answers.
      if (this.listing === current) this.listing = null;
      throw error;
    }
  }

  private async read(listing: Listing<A>, adapters: readonly A[]): Promise<void> {
    const missing = adapters.filter((adapter) => !listing.facts.has(adapter));
    if (missing.length === 0) return;
    const { facts, bytes, unread } = await this.sources.scan(missing, Math.max(0, MAX_SCAN_BYTES - listing.spent));
    listing.spent += bytes;
    listing.unread += unread;
    for (const [index, adapter] of missing.entries()) listing.facts.set(adapter, facts[index] ?? null);
  }
}

function matches<A extends Named>(listing: Listing<A>, adapter: A, words: readonly string[]): boolean {
  const facts = listing.facts.get(adapter);
  const text = [adapter.folder, adapter.name, facts?.method ?? '', facts?.baseModel ?? ''].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}
