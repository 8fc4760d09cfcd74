import { strict as assert } from 'node:assert';
import { AdapterList, MAX_SCAN_BYTES, PAGE_ROWS } from '../../../src/host/adapterList';

const CONFIG_BYTES = 1000;

interface Adapter {
  readonly folder: string;
  readonly name: string;
}

function listOf(count: number, configBytes = CONFIG_BYTES) {
  const adapters = Array.from({ length: count }, (_, i): Adapter => ({ folder: `runs/${i}`, name: `adapter ${i}` }));
  const scanned: (readonly Adapter[])[] = [];
  let searches = 0;
  const list = new AdapterList<Adapter>({
    find: async () => {
      searches++;
      return { adapters, stoppedAt: null };
    },
    scan: async (asked, maxBytes) => {
      scanned.push(asked);
      const affordable = Math.floor(maxBytes / configBytes);
      const facts = asked.map(({ folder }, i) =>
        i < affordable
          ? { method: 'LORA, r = 8', baseModel: folder.endsWith('7') ? 'org/Qwen' : 'org/Llama', cut: false }
          : null,
      );
      const unread = Math.max(0, asked.length - affordable);
      return { facts, unread, bytes: (asked.length - unread) * configBytes };
    },
  });
  return { list, scanned, searches: () => searches };
}

describe('the list of adapters', () => {
  it('shows one page of many, with the config of each of its rows, and reads no other config', async () => {
    const { list, scanned } = listOf(20_000);
    const { rows, matching, total } = await list.page();
    assert.deepEqual([rows.length, matching, total], [PAGE_ROWS, 20_000, 20_000]);
    assert.ok(rows.every(({ facts }) => facts?.method === 'LORA, r = 8'));
    assert.equal(scanned.flat().length, PAGE_ROWS);
  });

  it('shows a page more when asked, and reads each config once', async () => {
    const { list, scanned, searches } = listOf(1200);
    for (const rows of [500, 1000, 1200, 1200]) {
      assert.equal((await list.page()).rows.length, rows);
      list.showMore();
    }
    assert.equal(scanned.flat().length, 1200);
    assert.equal(searches(), 1);
  });

  it('filters all adapters by path, method and base model, not only those that were shown', async () => {
    const { list } = listOf(3000);
    list.filter('  QWEN lora ');
    const filtered = await list.page();
    assert.deepEqual([filtered.matching, filtered.total, filtered.filter], [300, 3000, 'qwen lora']);
    assert.ok(filtered.rows.every(({ adapter }) => adapter.folder.endsWith('7')));
    list.filter('runs/2999');
    assert.equal((await list.page()).matching, 1);
    list.filter('nowhere');
    assert.equal((await list.page()).rows.length, 0);
    list.filter('');
    assert.equal((await list.page()).matching, 3000);
  });

  it('spends one budget on all pages and counts the configs that it leaves out', async () => {
    const { list } = listOf(1000, MAX_SCAN_BYTES / 512);
    assert.equal((await list.page()).unread, 0);
    list.showMore();
    const { rows, unread } = await list.page();
    assert.deepEqual([rows.length, unread], [1000, 488]);
    assert.equal(rows.filter(({ facts }) => facts === null).length, 488);
    list.refresh();
    assert.equal((await list.page()).unread, 488);
  });

  it('searches again after a refresh and after a failure, and keeps its filter', async () => {
    let failing = true;
    let searches = 0;
    const list = new AdapterList<Adapter>({
      find: async () => ({ adapters: [{ folder: `run ${++searches}`, name: 'a' }], stoppedAt: 20_000 }),
      scan: async (asked) => {
        if (failing) throw new Error('the planner died');
        return { facts: asked.map(() => null), unread: 0, bytes: 0 };
      },
    });
    list.filter('run');
    await assert.rejects(list.page(), /the planner died/);
    failing = false;
    const { rows, filter, stoppedAt } = await list.page();
    assert.deepEqual([rows[0]?.adapter.folder, filter, stoppedAt], ['run 2', 'run', 20_000]);
    list.refresh();
    assert.equal((await list.page()).rows[0]?.adapter.folder, 'run 3');
  });
});
