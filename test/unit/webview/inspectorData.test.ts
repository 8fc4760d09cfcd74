import { strict as assert } from 'node:assert';
import type { LoraModuleInfo, TensorInfo } from '../../../src/protocol/source';
import { placeText } from '../../../webview-ui/inspector/data/cellText';
import { statisticsLimit } from '../../../webview-ui/inspector/data/colorModel';
import { gatesOf } from '../../../webview-ui/inspector/data/gates';
import { gridSections, moduleGrid } from '../../../webview-ui/inspector/data/moduleGrid';
import { prefixMass } from '../../../webview-ui/inspector/data/prefixMass';
import { readWhole, TooLargeError } from '../../../webview-ui/inspector/data/readWhole';
import { INITIAL_STATE, StateStore } from '../../../webview-ui/inspector/data/state';
import { matrixShape, tensorSubject } from '../../../webview-ui/inspector/data/subject';
import { listedTensors } from '../../../webview-ui/inspector/data/tensorList';

function loraModule(layer: number | null, group: string): LoraModuleInfo {
  return {
    module: layer === null ? group : `layers.${layer}.${group}`,
    layer,
    group,
    rank: 8,
    alpha: 16,
    scaling: 2,
    scalingSource: '',
    inFeatures: 4,
    outFeatures: 4,
    a: 'a',
    b: 'b',
  };
}

function tensor(name: string, shape: readonly number[], dtype = 'F32'): TensorInfo {
  return { name, dtype, shape, bytes: 4 * shape.reduce((product, size) => product * size, 1), readable: true };
}

describe('the grid of modules', () => {
  it('has a row for every layer, in order, even if a layer lacks the first groups', () => {
    const modules = [loraModule(10, 'q'), loraModule(2, 'q'), loraModule(2, 'v'), loraModule(11, 'v')];
    const grid = moduleGrid(modules);
    assert.deepEqual(grid.columns, ['q', 'v']);
    assert.deepEqual(grid.rows, [
      { layer: 2, modules: [1, 2] },
      { layer: 10, modules: [0, null] },
      { layer: 11, modules: [null, 3] },
    ]);
    assert.deepEqual(grid.others, []);
  });

  it('keeps every module: those outside the layers apart, two in one place in two rows', () => {
    const grid = moduleGrid([loraModule(0, 'q'), loraModule(0, 'q'), loraModule(null, 'lm_head')]);
    assert.deepEqual(
      grid.rows.map(({ modules }) => modules),
      [[0], [1]],
    );
    assert.deepEqual(grid.others, [2]);
  });

  it('has a section for each block of a UNet, after the modules outside of blocks', () => {
    const inBlock = (block: string, layer: number | null, group: string) => ({ ...loraModule(layer, group), block });
    const sections = gridSections([
      inBlock('unet.input_blocks.4.1', 0, 'attn1.to_q'),
      inBlock('unet.input_blocks.4.1', null, 'proj_in'),
      loraModule(3, 'mlp.fc1'),
      inBlock('unet.middle_block.1', 0, 'attn1.to_q'),
    ]);
    assert.deepEqual(
      sections.map(({ block, grid }) => [block, grid.rows.map(({ modules }) => modules), grid.others]),
      [
        [null, [[2]], []],
        ['unet.input_blocks.4.1', [[0]], [1]],
        ['unet.middle_block.1', [[3]], []],
      ],
    );
  });
});

describe('the gates of a bottleneck', () => {
  it('are closed at zero and below, and a unit closed for every token is named', () => {
    const gates = gatesOf(Float32Array.of(1, -1, 0, 2, -3, 5), 2, 3);
    assert.deepEqual([...gates.closed], [0, 1, 1, 0, 1, 0]);
    assert.equal(gates.closedCount, 3);
    assert.deepEqual(gates.alwaysClosed, [1]);
  });
});

describe('the attention given to a prefix', () => {
  it('is the mean over queries of the probability on its columns', () => {
    assert.equal(prefixMass(Float32Array.of(0.5, 0.25, 0.25, 0.25, 0, 0.75), 3, 2), 0.5);
    assert.ok(Number.isNaN(prefixMass(new Float32Array(0), 3, 2)));
  });
});

describe('the list of tensors', () => {
  const tensors = [tensor('layers.10.w', [2, 2]), tensor('layers.9.w', [8, 8], 'BF16'), tensor('bias', [4])];
  const names = (filter: string, sort: string): string[] =>
    listedTensors(tensors, filter, sort).map(({ name }) => name);

  it('finds every word in name, dtype or shape', () => {
    assert.deepEqual(names('LAYERS bf16', 'file'), ['layers.9.w']);
    assert.deepEqual(names('2x2', 'file'), ['layers.10.w']);
    assert.deepEqual(names('  ', 'file'), ['layers.10.w', 'layers.9.w', 'bias']);
  });

  it('puts layer 9 before layer 10 by name, and the largest first by size', () => {
    assert.deepEqual(names('', 'name'), ['bias', 'layers.9.w', 'layers.10.w']);
    assert.deepEqual(names('', 'size'), ['layers.9.w', 'bias', 'layers.10.w']);
  });
});

describe('the state of the inspector', () => {
  const store = (kept: object): StateStore => new StateStore({ get: () => kept, set: () => undefined });

  it('takes saved fields that are valid, and initial values for the others', () => {
    const kept = {
      tab: 'lora',
      step: 'three',
      metric: 'made up',
      scheme: 'viridis',
      slice: [1, 2],
      domain: 0.99,
      unknown: 1,
    };
    assert.deepEqual(store(kept).get(), {
      ...INITIAL_STATE,
      tab: 'lora',
      scheme: 'viridis',
      slice: [1, 2],
      domain: 0.99,
    });
  });

  it('drops viewports that are invalid', () => {
    const good = ['a', { x0: 0, x1: 1, y0: 0, y1: 1 }];
    const kept = { viewports: [good, ['b', { x0: 1, x1: 0, y0: 0, y1: 1 }], ['c', null], 'd'] };
    assert.deepEqual(store(kept).get().viewports, [good]);
  });

  it('tells listeners which fields changed, and does not call them if none did', () => {
    const state = store({});
    const heard: unknown[][] = [];
    state.subscribe((changed) => heard.push([...changed]));
    state.set({ tab: 'info', step: INITIAL_STATE.step });
    state.set({ tab: 'info' });
    assert.deepEqual(heard, [['tab']]);
  });

  it('keeps the most recent viewports, whatever the names of their matrices', () => {
    const state = store({});
    for (let i = 0; i < 100; i++) state.setViewport(`tensor:${i}`, { x0: 0, x1: i + 1, y0: 0, y1: 1 });
    state.setViewport('__proto__', { x0: 0, x1: 7, y0: 0, y1: 1 });
    assert.equal(state.viewport('__proto__')?.x1, 7);
    assert.equal(state.viewport('tensor:99')?.x1, 100);
    assert.equal(state.viewport('tensor:0'), null);
    state.setViewport('__proto__', null);
    assert.equal(state.viewport('__proto__'), null);
  });
});

describe('subjects', () => {
  it('link a value to its gradient, and a gradient to its value, at the same step', () => {
    const value: TensorInfo = {
      name: 'A',
      dtype: 'F32',
      shape: [2, 3],
      bytes: 24,
      readable: true,
      gradient: 'gradA',
      stepped: 'lora',
    };
    const gradient: TensorInfo = {
      name: 'gradA',
      dtype: 'F32',
      shape: [2, 3],
      bytes: 24,
      readable: true,
      stepped: 'lora',
    };
    assert.deepEqual(tensorSubject(value, { step: 7 }).counterpart, {
      label: 'gradient',
      matrix: { kind: 'tensor', name: 'gradA', step: 7 },
    });
    assert.deepEqual(tensorSubject(gradient, { step: 7, gradientOf: value }).counterpart, {
      label: 'value',
      matrix: { kind: 'tensor', name: 'A', step: 7 },
    });
    assert.equal(tensorSubject(gradient).counterpart, undefined);
  });

  it('show the last two dimensions as a matrix, and a vector or a scalar as one row', () => {
    assert.deepEqual(matrixShape([]), { rows: 1, columns: 1, leading: [] });
    assert.deepEqual(matrixShape([5]), { rows: 1, columns: 5, leading: [] });
    assert.deepEqual(matrixShape([2, 3, 4, 5]), { rows: 4, columns: 5, leading: [2, 3] });
  });

  it('have a step only if the tensor has one, and take their colours from the last', () => {
    const stepped = tensorSubject({ ...tensor('A', [2, 2]), stepped: 'lora' }, { step: 5 });
    assert.deepEqual(stepped.matrix, { kind: 'tensor', name: 'A', step: 5 });
    assert.deepEqual(stepped.domainOf, { kind: 'tensor', name: 'A' });
    assert.deepEqual(tensorSubject(tensor('W', [2, 2]), { step: 5 }).matrix, { kind: 'tensor', name: 'W' });
  });

  it('say in which head a cell lies', () => {
    const subject = tensorSubject(tensor('K', [10, 64]), {
      rowLabel: 'position',
      columnLabel: 'dim',
      columnBands: [
        { start: 0, end: 32, label: 'head 0' },
        { start: 32, end: 64, label: 'head 1' },
      ],
    });
    assert.equal(placeText(subject, { row: 3, column: 40 }), 'position 3, dim 40 (head 1, 8)');
  });
});

describe('the colour limit', () => {
  const statistics = {
    count: 4,
    min: -8,
    max: 2,
    mean: 0,
    standardDeviation: 1,
    norm: 1,
    maxAbs: 8,
    zeros: 0,
    nan: 0,
    positiveInfinity: 0,
    negativeInfinity: 0,
    histogram: new Float64Array(0),
    absQuantiles: Float64Array.of(1, 2, 3, 4, 5),
    sampled: false,
  };

  it('is the largest magnitude or the magnitude at the chosen share', () => {
    assert.deepEqual(
      [statisticsLimit(statistics, 'max'), statisticsLimit(statistics, 0.95), statisticsLimit(statistics, 0.999)],
      [8, 3, 5],
    );
  });

  it('is the largest magnitude of a matrix that is nearly all zeros', () => {
    assert.equal(statisticsLimit({ ...statistics, absQuantiles: new Float64Array(5) }, 0.99), 8);
  });
});

describe('reading a small matrix whole', () => {
  const source = (rows: number, columns: number) => ({
    id: 'x',
    rows,
    columns,
    readTile: ({ tileX, tileY }: { tileX: number; tileY: number }) => {
      const [left, top] = [tileX * 256, tileY * 256];
      const [width, height] = [Math.min(256, columns - left), Math.min(256, rows - top)];
      const values = Float32Array.from(
        { length: width * height },
        (_, i) => (top + Math.floor(i / width)) * columns + left + (i % width),
      );
      return Promise.resolve({ width, height, values, sampled: false });
    },
  });

  it('puts the tiles together in row-major order', async () => {
    const values = await readWhole(source(300, 520), new AbortController().signal);
    assert.ok(values.every((value, i) => value === i));
    assert.equal(values.length, 156_000);
  });

  it('refuses a large one before reading any of it', async () => {
    await assert.rejects(readWhole(source(4096, 4096), new AbortController().signal), TooLargeError);
  });
});
