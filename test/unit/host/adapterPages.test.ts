import { strict as assert } from 'node:assert';
import { AdapterPages, PAGE_ROWS } from '../../../src/host/adapterPages';
import type { PageOptions, PageQuestion } from '../../../src/host/adapterPages';
import type { AdapterPage } from '../../../src/protocol/adapters';

function pageOf(matching: number, unchecked = 0): AdapterPage {
  return { rows: [], matching, total: 9, unchecked, unread: 0, stopped: null };
}

interface Asked extends PageOptions {
  readonly question: PageQuestion;
  answer(page: AdapterPage): void;
  fail(error: Error): void;
}

function pagesOf() {
  const asked: Asked[] = [];
  const changes: [number, string][] = [];
  const pages = new AdapterPages({
    load: (question, options) =>
      new Promise((answer, fail) => {
        options.signal.addEventListener('abort', () => fail(new Error('cancelled')));
        asked.push({ question, ...options, answer, fail });
      }),
    changed: ({ matching }, what) => changes.push([matching, what]),
  });
  return { pages, asked, changes };
}

/** Lets all promises that can go on do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the pages of the list of adapters', () => {
  it('ask once for each question, and again after a refresh with the same rows and filter', async () => {
    const { pages, asked } = pagesOf();
    const [first, same] = [pages.page(), pages.page()];
    await settled();
    asked[0]!.answer(pageOf(1));
    assert.deepEqual([await first, await same, await pages.page()], [pageOf(1), pageOf(1), pageOf(1)]);
    assert.equal(asked.length, 1);

    pages.filter('  Some WORDS ');
    pages.showMore();
    pages.refresh();
    void pages.page();
    await settled();
    assert.deepEqual(asked[1]!.question, { revision: 1, words: ['some', 'words'], rows: 2 * PAGE_ROWS });
    assert.equal(pages.filterText, 'some words');
  });

  it('show the first part of an answer at once, and report what follows', async () => {
    const { pages, asked, changes } = pagesOf();
    pages.filter('x');
    const page = pages.page();
    await settled();
    const { onProgress, answer } = asked[0]!;
    onProgress({ done: 0, total: 7, partial: pageOf(1, 7) });
    assert.deepEqual(await page, pageOf(1, 7));
    onProgress({ done: 3, total: 7 });
    assert.deepEqual(await pages.page(), pageOf(1, 4));
    answer(pageOf(2));
    await settled();
    assert.deepEqual(changes, [
      [1, 'counts'],
      [2, 'rows'],
    ]);
    assert.deepEqual(await pages.page(), pageOf(2));
  });

  it('cancel the running question for another filter, but let it end before a refresh', async () => {
    const { pages, asked, changes } = pagesOf();
    const first = pages.page();
    await settled();
    pages.refresh();
    const second = pages.page();
    pages.refresh();
    const third = pages.page();
    await settled();
    assert.equal(asked.length, 1);
    assert.equal(asked[0]!.signal.aborted, false);
    asked[0]!.answer(pageOf(1));
    await settled();
    // However often the list was refreshed meanwhile, it is asked for once.
    assert.deepEqual(
      asked.map(({ question }) => question.revision),
      [0, 2],
    );
    pages.filter('x');
    const fourth = pages.page();
    assert.equal(asked[1]!.signal.aborted, true);
    await settled();
    asked[2]!.answer(pageOf(4));
    assert.deepEqual(await Promise.all([first, second, third, fourth]), Array(4).fill(pageOf(4)));
    assert.deepEqual(changes, []);
  });

  it('ask again after a failure', async () => {
    const { pages, asked } = pagesOf();
    const failed = pages.page();
    await settled();
    asked[0]!.fail(new Error('the planner died'));
    await assert.rejects(failed, /the planner died/);
    const page = pages.page();
    await settled();
    asked[1]!.answer(pageOf(1));
    assert.deepEqual(await page, pageOf(1));
  });
});
