import { strict as assert } from 'node:assert';
import type { TensorInfo } from '../../../src/protocol/source';
import { scanCsv, sortedRows } from '../../../webview-ui/inspector/data/scanTable';
import type { ScanRow } from '../../../webview-ui/inspector/data/scanTable';
import { listedTensors } from '../../../webview-ui/inspector/data/tensorList';
import { TensorTree } from '../../../webview-ui/inspector/data/tensorTree';

const tensor = (name: string, bytes = 4, readable = true): TensorInfo => ({
  name,
  dtype: 'F32',
  shape: [bytes / 4],
  bytes,
  readable,
});
const shown = (tree: TensorTree, open: (path: string) => boolean): string[] =>
  tree.rows(open).map((row) => {
    if (row.kind !== 'group') return `${'  '.repeat(row.depth)}${row.label}`;
    const { depth, label, tensors, bytes } = row.group;
    return `${'  '.repeat(depth)}${row.open ? '-' : '+'} ${label} (${tensors}, ${bytes})`;
  });

const MODEL = [10, 9, 0].flatMap((layer) => [
  tensor(`m.layers.${layer}.k.weight`),
  tensor(`m.layers.${layer}.q.weight`, 8),
]);

describe('the tree of tensors', () => {
  it('joins groups that hold only a group and orders numbers as numbers', () => {
    const tree = new TensorTree([...MODEL, tensor('m.norm')]);
    assert.deepEqual(
      shown(tree, () => true),
      [
        '- m (7, 40)',
        '  - layers (6, 36)',
        '    - 0 (2, 12)',
        '      k.weight',
        '      q.weight',
        '    - 9 (2, 12)',
        '      k.weight',
        '      q.weight',
        '    - 10 (2, 12)',
        '      k.weight',
        '      q.weight',
        '  norm',
      ],
    );
    assert.deepEqual(
      shown(new TensorTree(MODEL), () => false),
      ['+ m.layers (6, 36)'],
    );
  });

  it('names the groups that a tensor lies in, as its rows do', () => {
    const tree = new TensorTree([...MODEL, tensor('m.norm')]);
    const open = new Set(tree.groupsOf('m.layers.9.q.weight'));
    assert.deepEqual([...open], ['m', 'm.layers', 'm.layers.9']);
    assert.ok(shown(tree, (path) => open.has(path)).includes('      q.weight'));
    assert.deepEqual(new TensorTree(MODEL).groupsOf('m.layers.9.q.weight'), ['m.layers', 'm.layers.9']);
  });

  it('shows a tensor whose name is also the name of a group', () => {
    assert.deepEqual(
      shown(new TensorTree([tensor('a'), tensor('a.b'), tensor('a.c')]), () => true),
      ['- a (2, 8)', '  b', '  c', 'a'],
    );
  });

  it('reports damage below a closed group', () => {
    const rows = new TensorTree([tensor('a.b.x', 4, false), tensor('a.b.y'), tensor('a.z')]).rows(() => false);
    assert.ok(rows[0]?.kind === 'group' && rows[0].group.damaged);
  });

  it('survives names of nothing but dots, names of objects, and empty ones', () => {
    const tree = new TensorTree([
      tensor('.'.repeat(5000)),
      tensor('__proto__.constructor'),
      tensor('__proto__.x'),
      tensor(''),
    ]);
    const rows = tree.rows(() => true);
    assert.equal(rows.filter(({ kind }) => kind === 'tensor').length, 4);
    assert.ok(rows.every((row) => (row.kind === 'group' ? row.group.depth : row.depth) <= 24));
  });
});

describe('the table of a scan', () => {
  const row = (name: string, norm: number): ScanRow => ({
    tensor: tensor(name),
    summary: {
      index: 0,
      count: 1,
      min: norm,
      max: norm,
      mean: norm,
      standardDeviation: 0,
      norm,
      maxAbs: norm,
      zeros: 0,
      nan: 0,
      positiveInfinity: 0,
      negativeInfinity: 0,
    },
  });

  it('sorts by a measure in either direction, with rows without a value last', () => {
    const rows = [row('a', NaN), row('b', 1), row('c', 3), row('d', 2)];
    assert.deepEqual(
      sortedRows(rows, 'norm', true).map(({ tensor: { name } }) => name),
      ['c', 'd', 'b', 'a'],
    );
    assert.deepEqual(
      sortedRows(rows, 'norm', false).map(({ tensor: { name } }) => name),
      ['b', 'd', 'c', 'a'],
    );
    assert.deepEqual(sortedRows(rows, '', true), rows);
  });

  it('becomes CSV that a spreadsheet neither breaks nor runs', () => {
    const lines = scanCsv([row('=HYPERLINK("x")', 0.1), row('a,"b"\nc', 2)]).split('\r\n');
    assert.ok(lines[0]!.startsWith('name,dtype,shape,bytes,count,norm'));
    assert.ok(lines[1]!.startsWith(`"'=HYPERLINK(""x"")",F32,1,4,1,0.1,`));
    assert.ok(lines[2]!.startsWith('"a,""b""\nc",F32,1,4,1,2,'));
  });
});

describe('the list of tensors by norm', () => {
  it('puts the largest first and tensors that were not scanned last', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => tensor(name)) as [
      TensorInfo,
      TensorInfo,
      TensorInfo,
      TensorInfo,
    ];
    const norms = new Map([
      [a, 1],
      [c, 5],
      [d, NaN],
    ]);
    assert.deepEqual(
      listedTensors([a, b, c, d], '', 'norm', norms).map(({ name }) => name),
      ['c', 'a', 'd', 'b'],
    );
  });
});
