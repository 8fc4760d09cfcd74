/** Asks for the pages of the list of adapters, one at a time. Knows no editor. */

import type { AdapterPage } from '../protocol/adapters';
import type { Progress } from '../protocol/rpc';

/** What a page shows. Each change makes a new object. */
export interface PageQuestion {
  readonly revision: number;
  readonly words: readonly string[];
  readonly rows: number;
}

export interface PageOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

interface PageSource {
  load(question: PageQuestion, options: PageOptions): PromiseLike<AdapterPage>;
  /** A shown page has changed: its rows, or only its counts. */
  changed(page: AdapterPage, what: 'rows' | 'counts'): void;
}

interface Asked {
  readonly question: PageQuestion;
  readonly cancel: AbortController;
  /** The first page that can be shown. */
  readonly first: Promise<AdapterPage>;
  latest: AdapterPage | null;
}

/** Rows of a page. A tree of this size appears at once. */
export const PAGE_ROWS = 500;

export class AdapterPages {
  private question: PageQuestion = { revision: 0, words: [], rows: PAGE_ROWS };
  private asked: Asked | null = null;
  /** Resolves when the last question that was sent is answered. */
  private idle: Promise<unknown> = Promise.resolve();

  constructor(private readonly source: PageSource) {}

  /** The words of the filter; '' without one. */
  get filterText(): string {
    return this.question.words.join(' ');
  }

  /** Searches again at the next `page`. The number of rows and the filter stay. */
  refresh(): void {
    // The running question goes on. Otherwise files that change often would leave the list empty.
    this.question = { ...this.question, revision: this.question.revision + 1 };
  }

  showMore(): void {
    this.ask({ rows: this.question.rows + PAGE_ROWS });
  }

  /** Keeps adapters whose path, name, method or base model contain each word of `text`. '' keeps all. */
  filter(text: string): void {
    this.ask({ words: text.toLowerCase().split(/\s+/).filter(Boolean), rows: PAGE_ROWS });
  }

  /** The page as far as it is known: a filter shows what matches by path while it reads the configs. */
  async page(): Promise<AdapterPage> {
    const asked = this.asked?.question === this.question ? this.asked : this.send(this.question);
    const isCurrent = (): boolean => asked.question === this.question;
    try {
      const page = await asked.first;
      return isCurrent() ? (asked.latest ?? page) : await this.page();
    } catch (error) {
      if (isCurrent()) throw error;
      return this.page();
    }
  }

  dispose(): void {
    this.asked?.cancel.abort();
  }

  private ask(changes: Partial<PageQuestion>): void {
    this.asked?.cancel.abort();
    this.question = { ...this.question, ...changes };
  }

  private send(question: PageQuestion): Asked {
    const cancel = new AbortController();
    const first = this.idle.then(() => {
      if (this.question !== question) throw new Error('another question was asked meanwhile');
      return new Promise<AdapterPage>((resolve, reject) => {
        this.idle = this.load(asked, resolve).catch((error: unknown) => {
          // The planner died. The next page may reach another thread that answers.
          if (this.asked === asked && asked.latest === null) this.asked = null;
          reject(error as Error);
        });
      });
    });
    const asked: Asked = { question, cancel, first, latest: null };
    this.asked = asked;
    return asked;
  }

  private async load(asked: Asked, resolve: (page: AdapterPage) => void): Promise<void> {
    const show = (page: AdapterPage, what: 'rows' | 'counts'): void => {
      const isFirst = asked.latest === null;
      asked.latest = page;
      if (isFirst) resolve(page);
      else if (this.question === asked.question) this.source.changed(page, what);
    };
    const onProgress = ({ done, total, partial }: Progress): void => {
      if (partial) show(partial as AdapterPage, 'rows');
      else if (asked.latest) show({ ...asked.latest, unchecked: total - done }, 'counts');
    };
    show(await this.source.load(asked.question, { signal: asked.cancel.signal, onProgress }), 'rows');
  }
}
