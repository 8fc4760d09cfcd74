import { strict as assert } from 'node:assert';
import { AdapterList } from '../../../../src/planner/scan/adapterList';
import type { AdapterPage } from '../../../../src/protocol/adapters';
import type { Progress } from '../../../../src/protocol/rpc';
import { MAX_ADAPTER_SCAN_BYTES } from '../../../../src/protocol/scan';
import { FakeFolders } from './fakeFolders';

const ROOT = { path: '/w', prefix: '', excluded: [], followLinks: true };
const PAGE = 500;

const configOf = (i: number): string =>
  JSON.stringify({ peft_type: 'LORA', r: 8, base_model_name_or_path: i % 10 === 7 ? 'org/Qwen' : 'org/Llama' });

function listOf(count: number, config = configOf) {
  const disk = new FakeFolders();
  for (let i = 0; i < count; i++)
    disk.add(`/w/run-${String(i).padStart(5, '0')}/adapter_config.json`, 'file', config(i));
  const list = new AdapterList({ files: disk.files, folders: disk, host: { readText: async () => null } });
  const progress: Progress[] = [];
  let revision = 1;
  const page = (words: string, rows = PAGE, signal = new AbortController().signal): Promise<AdapterPage> =>
    list.page(
      { search: { revision, folders: [ROOT] }, words: words.split(' ').filter(Boolean), rows },
      { signal, progress: (each) => progress.push(each) },
    );
  return { disk, page, progress, searchAgain: () => ++revision };
}

describe('the list of adapters', () => {
  it('shows one page of many, with the config of each of its rows, and reads no other config', async () => {
    const { disk, page } = listOf(3000);
    const { rows, matching, total, unchecked } = await page('');
    assert.deepEqual([rows.length, matching, total, unchecked], [PAGE, 3000, 3000, 0]);
    assert.ok(rows.every(({ facts }) => facts?.method === 'LORA, r = 8'));
    assert.equal(disk.opened.length, PAGE);
  });

  it('shows a page more when asked, searches once and reads each config once', async () => {
    const { disk, page } = listOf(1200);
    for (const [asked, shown] of [
      [500, 500],
      [1000, 1000],
      [1500, 1200],
    ])
      assert.equal((await page('', asked)).rows.length, shown);
    assert.equal(disk.opened.length, 1200);
    assert.equal(disk.entered.length, 1201);
  });

  it('filters all adapters by path, method and base model, not only those that were shown', async () => {
    const { page } = listOf(3000);
    const { rows, matching, total } = await page('qwen lora');
    assert.deepEqual([matching, total], [300, 3000]);
    assert.ok(rows.every(({ adapter }) => adapter.folder.endsWith('7')));
    assert.equal((await page('run-02999')).matching, 1);
    assert.equal((await page('nowhere')).rows.length, 0);
    assert.equal((await page('')).matching, 3000);
  });

  it('shows what matches by its path before it reads the other configs', async () => {
    const { disk, page, progress } = listOf(3000, (i) => JSON.stringify({ peft_type: i === 2000 ? 'RUN-00012' : 'X' }));
    const { rows } = await page('run-00012');
    const [first] = progress;
    const early = first?.partial as AdapterPage;
    assert.deepEqual([first?.done, first?.total], [0, 2999]);
    assert.deepEqual([early.rows.length, early.unchecked], [1, 2999]);
    assert.deepEqual(
      rows.map(({ adapter }) => adapter.name),
      ['run-00012', 'run-02000'],
    );
    assert.deepEqual(disk.opened[0], '/w/run-00012/adapter_config.json');
    // The other reports carry no rows, because none came, until the row of the config is found.
    assert.equal(progress.filter(({ partial }) => partial).length, 2);
  });

  it('keeps what it has read when a filter is cancelled', async () => {
    const { disk, page } = listOf(3000);
    const controller = new AbortController();
    const cancelled = page('qwen', PAGE, controller.signal);
    while (disk.opened.length < 1000) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('another filter'));
    await assert.rejects(cancelled, /another filter/);
    const read = disk.opened.length;
    assert.ok(read < 3000);
    await page('qwen');
    // The configs of the batch that was cancelled are read again.
    assert.ok(disk.opened.length <= 3000 + PAGE);
    assert.equal(disk.entered.length, 3001);
  });

  it('spends one budget on all pages and counts the configs that it leaves out', async () => {
    const size = MAX_ADAPTER_SCAN_BYTES / 512;
    const { page, searchAgain } = listOf(1000, () => '{"peft_type":"LORA"}'.padEnd(size));
    assert.equal((await page('')).unread, 0);
    const { rows, unread } = await page('', 1000);
    assert.deepEqual([rows.length, unread], [1000, 488]);
    assert.equal(rows.filter(({ facts }) => facts === null).length, 488);
    searchAgain();
    assert.equal((await page('', 1000)).unread, 488);
  });

  it('searches again for another revision', async () => {
    const { disk, page, searchAgain } = listOf(1);
    assert.equal((await page('')).total, 1);
    disk.add('/w/new/adapter_config.json');
    assert.equal((await page('')).total, 1);
    searchAgain();
    assert.equal((await page('')).total, 2);
  });
});
