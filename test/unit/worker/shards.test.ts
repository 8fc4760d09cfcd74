import { strict as assert } from 'node:assert';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { FileAccess } from '../../../src/checkpoint/fileAccess';
import { MAX_SHARDS } from '../../../src/checkpoint/safetensors/shardIndex';
import { nodeFiles } from '../../../src/files/nodeFile';
import { fileOf, fixturePath, tensorField } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';
import type { Opened } from './jobContext';

const INDEX = 'model.safetensors.index.json';

/** The floats first, first + 1, ... as the data of a file. */
function ramp(first: number, count: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => first + i).buffer);
}

describe('jobs on a sharded checkpoint', () => {
  let folder: string;
  const call = jobCaller();
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-shards-'));
  });
  afterEach(async () => {
    await call.closeAll();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, content: string | Uint8Array | object): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    return file;
  };
  /** Two shards, one with two tensors and one with a single tensor. */
  const writeShards = (): void => {
    const first = { a: tensorField('F32', [2, 2], 0, 16), b: tensorField('F32', [4], 16, 32) };
    write('model-00001-of-00002.safetensors', fileOf({ __metadata__: { format: 'pt' }, ...first }, ramp(0, 8)));
    write('model-00002-of-00002.safetensors', fileOf({ c: tensorField('F32', [1, 4], 0, 16) }, ramp(100, 4)));
  };
  const weights = {
    a: 'model-00001-of-00002.safetensors',
    b: 'model-00001-of-00002.safetensors',
    c: 'model-00002-of-00002.safetensors',
  };
  const openIndex = (index: string | object): Promise<Opened> => call('checkpoint/open', { path: write(INDEX, index) });
  const problems = ({ description }: Opened): string[] =>
    description.problems.map(({ severity, message }) => `${severity}: ${message}`);

  it('show one tree over all shards, and the values of each', async () => {
    writeShards();
    const opened = await openIndex({ metadata: { total_size: 48, total_parameters: 12 }, weight_map: weights });
    const { source, description } = opened;
    assert.deepEqual(problems(opened), []);
    assert.equal(description.title, `${path.basename(folder)}/${INDEX}`);
    assert.deepEqual(
      description.tensors.map(({ name, dtype, shape, bytes, file }) => [name, dtype, shape, bytes, file]),
      [
        ['a', 'F32', [2, 2], 16, weights.a],
        ['b', 'F32', [4], 16, weights.b],
        ['c', 'F32', [1, 4], 16, weights.c],
      ],
    );
    assert.deepEqual([description.parameters, description.file!.shards!.length], [12, 2]);
    assert.deepEqual(description.file!.metadata, [
      ['total_size', '48'],
      ['total_parameters', '12'],
      ['format', 'pt'],
    ]);
    for (const [name, row, column, value] of [
      ['a', 1, 1, 3],
      ['b', 0, 2, 6],
      ['c', 0, 3, 103],
    ] as const) {
      const cell = await call('cell/read', { source, matrix: { kind: 'tensor', name }, row, column });
      assert.equal(cell.value, value);
    }
  });

  it('show a checkpoint that huggingface_hub split, without a problem', async () => {
    const { source, description } = await call('checkpoint/open', { path: fixturePath('sharded', INDEX) });
    assert.deepEqual(description.problems, []);
    assert.deepEqual(
      [description.tensors.length, description.file!.shards!.length, description.parameters],
      [6, 3, 576],
    );
    const matrix = { kind: 'tensor', name: 'model.layers.2.mlp.up_proj.weight' } as const;
    const cell = await call('cell/read', { source, matrix, row: 1, column: 3 });
    assert.deepEqual([cell.value, cell.dtype], [(8 + 3) / 8 + 2, 'BF16']);
  });

  it('show the remaining tensors if a shard is missing or renamed, and name the lost ones', async () => {
    writeShards();
    rmSync(path.join(folder, weights.c));
    write('renamed.safetensors', fileOf({}));
    const opened = await openIndex({ metadata: { total_size: 48 }, weight_map: weights });
    const [missing, renamed, ...rest] = problems(opened);
    assert.match(missing!, /^error: shard 'model-00002-of-00002.safetensors', which has 1 tensors: .*no such file/);
    assert.match(
      renamed!,
      /^warning: beside the index, but not in it: 'renamed.safetensors': missing shards may have been renamed/,
    );
    assert.deepEqual(rest, []);
    assert.deepEqual(
      opened.description.tensors.map(({ name, dtype, readable }) => [name, dtype, readable]),
      [
        ['a', 'F32', true],
        ['b', 'F32', true],
        ['c', '?', false],
      ],
    );
    const lost = call('matrix/statistics', { source: opened.source, matrix: { kind: 'tensor', name: 'c' } });
    await assert.rejects(lost, { code: 'Unreadable', message: /'c': its data is missing or damaged/ });
  });

  it('report differences between the index and the shards: missing tensors, wrong shards, and totals', async () => {
    writeShards();
    const { b, c } = weights;
    const opened = await openIndex({
      metadata: { total_size: 50, total_parameters: 11 },
      weight_map: { b: c, c, ghost: c, phantom: b },
    });
    assert.deepEqual(problems(opened), [
      `error: tensor 'ghost' is not in '${c}', although the index lists it there`,
      `error: tensor 'phantom' is not in '${b}', although the index lists it there`,
      `warning: tensor 'a' is in '${b}', but not in the index`,
      `warning: tensor 'b' is in '${b}', the index says '${c}'`,
      'warning: the index claims total_size 50, the shards have 48',
      'warning: the index claims total_parameters 11, the shards have 12',
    ]);
  });

  it('name a shard of the set that the index omits', async () => {
    writeShards();
    const opened = await openIndex({ weight_map: { c: weights.c } });
    assert.deepEqual(problems(opened), [`warning: beside the index, but not in it: '${weights.a}'`]);
  });

  it('read a tensor that is in two shards from the one that the index names', async () => {
    writeShards();
    write(
      weights.c,
      fileOf({ a: tensorField('F32', [2, 2], 0, 16), c: tensorField('F32', [1, 4], 16, 32) }, ramp(50, 8)),
    );
    const opened = await openIndex({ weight_map: { ...weights, a: weights.c } });
    assert.match(problems(opened)[0]!, /tensor 'a' is in both '.*' and '.*'/);
    const cell = await call('cell/read', {
      source: opened.source,
      matrix: { kind: 'tensor', name: 'a' },
      row: 0,
      column: 0,
    });
    assert.equal(cell.value, 50);
  });

  it('never follow a name that leads out of the folder, in whatever form', async () => {
    writeShards();
    write('../outside.safetensors', fileOf({ x: tensorField('F32', [1], 0, 4) }, 4));
    const asked: string[] = [];
    const watched: FileAccess = {
      ...nodeFiles,
      open: (location, signal) => {
        asked.push(path.basename(location));
        return nodeFiles.open(location, signal);
      },
    };
    const names = [
      '../outside.safetensors',
      path.join(tmpdir(), 'outside.safetensors'),
      'https://example.org/x.safetensors',
      'file:///etc/x.safetensors',
      'C:\\x.safetensors',
      '..\\outside.safetensors',
      'a/../../outside.safetensors',
      'x\u0000.safetensors',
      '',
    ];
    const weightMap = Object.fromEntries(names.map((name, i) => [`t${i}`, name]));
    const watchedCall = jobCaller(watched);
    const { description } = await watchedCall('checkpoint/open', {
      path: write(INDEX, { weight_map: { ...weightMap, a: weights.a } }),
    });
    await watchedCall.closeAll();
    rmSync(path.join(folder, '../outside.safetensors'));
    assert.deepEqual(asked, [INDEX, weights.a]);
    const refused = description.problems.filter(({ message }) => message.includes('not followed'));
    assert.equal(refused.length, names.length);
    assert.ok(description.tensors.filter(({ name }) => /^t\d$/.test(name)).every(({ readable }) => !readable));
    assert.ok(description.problems.every(({ message }) => !message.includes('\u0000')));
  });

  it('explain how to convert shards that are pickles, and refuse a file that is not an index', async () => {
    const cases: [string | object, RegExp][] = [
      [
        { weight_map: { a: 'pytorch_model-00001-of-00002.bin' } },
        /is a PyTorch pickle\. Loading one can run arbitrary code/,
      ],
      [{ hidden_size: 8 }, /no weight_map/],
      [{ weight_map: {} }, /names no tensor/],
      ['{"weight_map": {', /not JSON at character/],
      ['[]', /not JSON at character 0/],
    ];
    for (const [index, message] of cases) await assert.rejects(openIndex(index), { name: 'CheckpointError', message });
  });

  it('show the tensors that a truncated index names', async () => {
    writeShards();
    const opened = await openIndex(`{"weight_map": {"a": "${weights.a}", "b": "${weights.b}", "c": `);
    assert.match(problems(opened)[0]!, /error: the index is not JSON at character \d+/);
    assert.deepEqual(
      opened.description.tensors.map(({ name, readable }) => [name, readable]),
      [
        ['a', true],
        ['b', true],
      ],
    );
  });

  it('open an index up to a number of shards, and refuse one that names more', async () => {
    const index = (count: number): object => {
      const places = Array.from({ length: count }, (_, i) => [`t${i}`, `s${i}.safetensors`]);
      return { weight_map: Object.fromEntries(places) };
    };
    const { description } = await call('checkpoint/open', { path: write(INDEX, index(MAX_SHARDS)) });
    assert.equal(description.tensors.length, MAX_SHARDS);
    const more = call('checkpoint/open', { path: write(INDEX, index(MAX_SHARDS + 1)) });
    await assert.rejects(more, { code: 'TooLarge', message: /more than 2000 shards/ });
  });

  it('say that a single shard is part of a set', async () => {
    writeShards();
    const opened = await call('checkpoint/open', { path: path.join(folder, weights.c) });
    assert.match(problems(opened)[0]!, /^info: this file is part 2 of 2 .*'model.safetensors.index.json'/);
  });

  it('open 500 GB in 100 shards from the headers alone, and read more shards than can be open at once', async () => {
    const shards = 100;
    const shardBytes = 5e9;
    const weightMap: Record<string, string> = {};
    for (let i = 0; i < shards; i++) {
      const name = `model-${String(i + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
      const half = shardBytes / 2;
      const header = {
        [`l${i}.x`]: tensorField('U8', [half / 50000, 50000], 0, half),
        [`l${i}.y`]: tensorField('U8', [half / 50000, 50000], half, shardBytes),
      };
      const bytes = fileOf(header);
      const file = openSync(path.join(folder, name), 'w');
      writeSync(file, bytes);
      writeSync(file, Uint8Array.of(i), 0, 1, bytes.length);
      ftruncateSync(file, bytes.length + shardBytes);
      closeSync(file);
      weightMap[`l${i}.x`] = weightMap[`l${i}.y`] = name;
    }
    const counts = { read: 0, open: 0, mostOpen: 0 };
    const counting: FileAccess = {
      ...nodeFiles,
      async open(location, signal) {
        const opened = await nodeFiles.open(location, signal);
        counts.mostOpen = Math.max(counts.mostOpen, ++counts.open);
        const { source } = opened;
        return {
          ...opened,
          source: {
            size: source.size,
            read: (offset, length, readSignal) => {
              counts.read += length;
              return source.read(offset, length, readSignal);
            },
            close: async () => {
              counts.open--;
              await source.close();
            },
          },
        };
      },
    };
    const countedCall = jobCaller(counting);
    const index = write(INDEX, { metadata: { total_size: shards * shardBytes }, weight_map: weightMap });
    const { source, description } = await countedCall('checkpoint/open', { path: index });
    assert.deepEqual([description.problems, description.tensors.length], [[], 200]);
    assert.ok(description.file!.bytes > 500e9);
    const beyond = counts.read - description.file!.headerBytes;
    assert.ok(beyond <= 2 ** 20, `${beyond} bytes read at opening beyond the headers`);
    const cells = await Promise.all(
      Array.from({ length: shards }, (_, i) =>
        countedCall('cell/read', { source, matrix: { kind: 'tensor', name: `l${i}.x` }, row: 0, column: 0 }),
      ),
    );
    assert.deepEqual(
      cells.map(({ value }) => value),
      Array.from({ length: shards }, (_, i) => i),
    );
    await countedCall.closeAll();
    assert.equal(counts.open, 0);
  });
});
